import type { Component } from 'svelte';

export interface ScreenProps {
  /** named parts of the path, decoded: `/experts/:id` gives `{ id }` */
  params: Record<string, string>;
  query: Record<string, string>;
}

/** A screen takes the parameters of its path, or nothing. */
export type Screen = Component<ScreenProps> | Component;

/** A command of the palette (Ctrl/⌘ K). */
export interface Command {
  id: string;
  label: string;
  /** further words it is found by */
  keywords?: string[];
  run: () => void | Promise<void>;
}

/** A key that works on a feature's screens, listed in the keys help. */
export interface KeyHint {
  keys: string[];
  does: string;
}

/** What a feature tells the window about itself; each `features/<name>/index.ts` default-exports one. */
export interface Feature {
  id: string;
  label: string;
  /** path of its entry in the rail, such as `/models` */
  path: string;
  icon: Component<{ size?: number | string; 'aria-hidden'?: boolean | 'true' | 'false'; strokeWidth?: number | string }>;
  /** place in the rail, and the digit of Ctrl/⌘ + digit */
  order: number;
  /** the letter after `g` */
  letter: string;
  /** path patterns, the most special first */
  screens: { pattern: string; component: Screen }[];
  commands?: () => Command[];
  keys?: KeyHint[];
}
