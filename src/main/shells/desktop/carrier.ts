/** The contract over Electron's message channel. Every message must come from our own page, in its own frame. */
import { ipcMain, type BrowserWindow, type IpcMainInvokeEvent } from 'electron';
import { calls, type CallName } from '../../../shared/contract.ts';
import { SingularError, toErrorDto } from '../../../shared/errors.ts';
import type { Carried } from '../common/carried.ts';
import { origin } from './protocol.ts';

/** True only for the top frame of the given window, showing our page. */
function isOurs(event: IpcMainInvokeEvent, window: BrowserWindow | null): boolean {
  const frame = event.senderFrame;
  return window !== null && !window.isDestroyed() && event.sender === window.webContents && frame !== null && frame === window.webContents.mainFrame && new URL(frame.url).origin === origin;
}

/** Answers calls and passes events on to the current window; returns what stops both. */
export function carryContract(services: Carried, currentWindow: () => BrowserWindow | null): () => void {
  ipcMain.handle('singular:call', async (event, name: unknown, input: unknown) => {
    if (!isOurs(event, currentWindow())) return { error: { code: 'internal', message: 'A message from elsewhere was refused.' } };
    try {
      if (typeof name !== 'string' || !Object.hasOwn(calls, name)) throw new SingularError('not-found', `There is no call "${String(name)}".`);
      return { result: (await services.dispatch(name as CallName, input)) ?? null };
    } catch (error) {
      return { error: toErrorDto(error) };
    }
  });
  const stopEvents = services.onEvent((event, payload) => {
    const window = currentWindow();
    if (window && !window.isDestroyed() && !window.webContents.isLoading()) window.webContents.send('singular:event', event, payload);
  });
  return () => {
    stopEvents();
    ipcMain.removeHandler('singular:call');
  };
}
