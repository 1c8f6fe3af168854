/** One polite live region for the whole window; see ui/LiveRegion.svelte. */
class Announcer {
  message = $state('');
  #serial = 0;

  say(text: string): void {
    // a trailing no-break space makes the same sentence a new one for screen readers
    this.message = text + (this.#serial++ % 2 ? '\u00a0' : '');
  }
}

export const announcer = new Announcer();
/** Says one sentence to screen readers, politely. */
export const announce = (text: string): void => announcer.say(text);
