/**
 * Arrows between the controls of a group that is one stop of the Tab key (WAI-ARIA practices, roving focus): one of them
 * has `tabindex="0"`, the others −1. In a text field the arrows move the caret first, and leave it at its ends.
 */

const controls = 'a[href], button:not(:disabled), input:not(:disabled), [role="slider"]';

/** Moves the focus for ← and →, and from a field back to the group's stop for Esc; other keys are left alone. */
export function rove(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const { key, target, currentTarget: group } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || !(target instanceof HTMLElement)) return;
  if (key === 'Escape' && target instanceof HTMLInputElement) {
    // after the field itself has forgotten what was typed
    setTimeout(() => group.querySelector<HTMLElement>('[tabindex="0"]')?.focus(), 0);
    return;
  }
  const by = { ArrowLeft: -1, ArrowRight: 1 }[key];
  if (by === undefined) return;
  if (target instanceof HTMLInputElement && (by < 0 ? target.selectionStart !== 0 : target.selectionEnd !== target.value.length)) return;
  const all = [...group.querySelectorAll<HTMLElement>(controls)];
  const next = all[all.indexOf(target) + by] as HTMLElement | undefined;
  event.preventDefault();
  event.stopPropagation();
  next?.focus();
}
