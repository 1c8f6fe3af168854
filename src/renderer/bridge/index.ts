/**
 * The one way from the window to the services. Which transport carries it depends on the shell: the desktop's preload
 * puts `window.singular` there, the local shell speaks the wire form of the contract over a WebSocket.
 */
import type { Bridge } from '../../shared/contract.ts';
import { desktopBridge, type DesktopApi } from './desktop.ts';
import { SocketBridge } from './socket.svelte.ts';

declare global {
  interface Window {
    singular?: DesktopApi;
  }
}

/** A bridge that also says whether it is connected, and when it came back after a loss. */
export interface WindowBridge extends Bridge {
  readonly connection: 'connecting' | 'open' | 'lost' | 'refused';
  onReconnect(listener: () => void): () => void;
  /** true where dropped folders have a path (desktop); the local shell can only upload files */
  readonly canOpenFolders: boolean;
  /** where a browser fetches an exported file; null on the desktop, whose files are at hand */
  downloadUrl(path: string): string | null;
}

function choose(): WindowBridge {
  if (window.singular) return desktopBridge(window.singular);
  return new SocketBridge(window.location);
}

export const bridge: WindowBridge = choose();
