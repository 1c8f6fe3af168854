/** The one table of features. A new screen is a folder beside the others and nothing else. */
import type { Component } from 'svelte';
import type { Feature, ScreenProps } from './feature.ts';
import { matchPattern } from './router.svelte.ts';

const modules = import.meta.glob<{ default: Feature }>('../features/*/index.ts', { eager: true });

export const features: readonly Feature[] = Object.values(modules)
  .map((module) => module.default)
  .sort((a, b) => a.order - b.order);

export interface ShownScreen {
  /** changes when another screen, or the same one of another thing, is shown */
  key: string;
  component: Component<ScreenProps>;
  params: Record<string, string>;
}

/** The screen that a path leads to. */
export function screenAt(path: string): ShownScreen | null {
  for (const feature of features) {
    for (const { pattern, component } of feature.screens) {
      const params = matchPattern(pattern, path);
      // a screen without parameters ignores those it is given
      if (params) return { key: feature.id + pattern + JSON.stringify(params), component, params };
    }
  }
  return null;
}
