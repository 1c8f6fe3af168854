/** What may lie over the screen, opened by keys, the rail or the footer. */
class Overlays {
  palette = $state(false);
  keys = $state(false);
  /** how this platform writes its command key */
  readonly modifier = /Mac/.test(globalThis.navigator?.platform ?? '') ? '⌘' : 'Ctrl+';
}

export const overlays = new Overlays();
