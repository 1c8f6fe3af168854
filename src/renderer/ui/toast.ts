import { toast } from 'svelte-sonner';
import { asSingularError, whatToDo } from './errors.ts';

/** A sentence that passes by. Errors stay until they are dismissed. */
export function notify(level: 'info' | 'warning' | 'error' | 'success', message: string, description?: string): void {
  toast[level](message, { description, duration: level === 'error' ? Number.POSITIVE_INFINITY : 6000 });
}

export function notifyError(error: unknown): void {
  const { code, message } = asSingularError(error);
  if (code === 'cancelled') return;
  notify('error', message, whatToDo[code]);
}

/** Something was done that can be undone: says so for ten seconds, with the button. */
export function notifyUndo(message: string, undo: () => Promise<unknown> | void): void {
  toast(message, { duration: 10_000, action: { label: 'Undo', onClick: () => void Promise.resolve(undo()).catch(notifyError) } });
}

/** Runs an action of a button; its failure becomes a toast instead of an unhandled rejection. Resolves to whether it went well. */
export async function attempt(action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    notifyError(error);
    return false;
  }
}
