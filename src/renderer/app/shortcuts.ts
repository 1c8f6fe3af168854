import { features } from './features.ts';
import { overlays } from './overlays.svelte.ts';
import { router } from './router.svelte.ts';
import { isFree } from './typing.ts';

/** How long after `g` the letter counts, in milliseconds. */
const chordMs = 2000;

/** The keys that work everywhere: Ctrl/⌘ K, Ctrl/⌘ digit, `g` and a letter, `?`. Returns what stops them. */
export function startShortcuts(): () => void {
  let chordUntil = 0;
  const onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented) return;
    const command = event.ctrlKey || event.metaKey;
    if (command && !event.shiftKey && !event.altKey) {
      const feature = features[Number(event.key) - 1];
      if (event.key.toLowerCase() === 'k') overlays.palette = !overlays.palette;
      else if (/^[1-9]$/.test(event.key) && feature) router.go(feature.path);
      else return;
      event.preventDefault();
      return;
    }
    if (overlays.palette || !isFree(event)) return;
    if (event.key === '?') {
      event.preventDefault();
      overlays.keys = true;
      return;
    }
    const feature = event.timeStamp < chordUntil ? features.find(({ letter }) => letter === event.key) : undefined;
    chordUntil = event.key === 'g' && !feature ? event.timeStamp + chordMs : 0;
    if (feature) {
      event.preventDefault();
      router.go(feature.path);
    }
  };
  window.addEventListener('keydown', onKey);
  return () => window.removeEventListener('keydown', onKey);
}
