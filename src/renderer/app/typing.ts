/** Which keys are free to mean something: those that no field, no open list and no dialog wants. */

/** Whether keys typed here belong to a field. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** A key by itself, of nobody's: not taken yet, without Ctrl, ⌘ or Alt, not typed into a field, and nothing lies on top. */
export function isFree(event: KeyboardEvent): boolean {
  return !event.defaultPrevented && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target) && !document.querySelector('[role="dialog"],[role="alertdialog"]');
}
