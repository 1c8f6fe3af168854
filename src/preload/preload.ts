/** The whole of what the window can reach: calls, events, and the path of a file that the person gave it. */
import { contextBridge, ipcRenderer, webUtils, type IpcRendererEvent } from 'electron';

contextBridge.exposeInMainWorld('singular', {
  /** resolves with `{ result }` or `{ error }`: a thrown error would lose its code on the way */
  call: (name: string, input: unknown): Promise<unknown> => ipcRenderer.invoke('singular:call', name, input),
  on: (event: string, listener: (payload: unknown) => void): (() => void) => {
    const heard = (_from: IpcRendererEvent, name: string, payload: unknown): void => {
      if (name === event) listener(payload);
    };
    ipcRenderer.on('singular:event', heard);
    return () => ipcRenderer.off('singular:event', heard);
  },
  pathOf: (file: File): string => webUtils.getPathForFile(file),
});
