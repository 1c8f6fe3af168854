import { settings } from '../state/settings.svelte.ts';

const dark = globalThis.matchMedia?.('(prefers-color-scheme: dark)');

class Theme {
  #systemIsDark = $state(dark?.matches ?? false);
  /** the theme that is shown; canvases draw again when it changes */
  readonly shown: 'light' | 'dark' = $derived(settings.value.theme === 'system' ? (this.#systemIsDark ? 'dark' : 'light') : settings.value.theme);

  follow(): () => void {
    const change = () => (this.#systemIsDark = dark?.matches ?? false);
    dark?.addEventListener('change', change);
    return () => dark?.removeEventListener('change', change);
  }
}

export const theme = new Theme();

/** Follows the system and the setting. */
export function startTheme(): () => void {
  const stopFollowing = theme.follow();
  const stopEffect = $effect.root(() => {
    // before every other effect: canvases read their colours from what is set here
    $effect.pre(() => {
      const { theme: wanted } = settings.value;
      if (wanted === 'system') delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = wanted;
    });
  });
  return () => {
    stopFollowing();
    stopEffect();
  };
}
