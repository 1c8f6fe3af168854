import path from 'node:path';
import { BrowserWindow, nativeTheme, screen, type Rectangle } from 'electron';
import { origin } from './protocol.ts';
import { readWindowState, writeWindowState } from './window-state.ts';

/** Background until the page has painted, so that a dark desk does not flash white. */
const paper = { light: '#fbfbf9', dark: '#14151a' };

const isVisible = (bounds: Rectangle): boolean =>
  screen.getAllDisplays().some(({ workArea }) => bounds.x < workArea.x + workArea.width - 80 && bounds.x + bounds.width > workArea.x + 80 && bounds.y >= workArea.y - 10 && bounds.y < workArea.y + workArea.height - 80);

/** The one window: sandboxed, isolated, without Node, back where it was left. */
export function createWindow(preload: string, home: string): BrowserWindow {
  const stateFile = path.join(home, 'window.json');
  const state = readWindowState(stateFile);
  const placed = state.bounds && isVisible(state.bounds) ? state.bounds : { width: 1360, height: 880 };
  const window = new BrowserWindow({
    ...placed,
    minWidth: 900,
    minHeight: 600,
    show: false,
    title: 'Singular',
    backgroundColor: nativeTheme.shouldUseDarkColors ? paper.dark : paper.light,
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
    },
  });
  if (state.maximized) window.maximize();
  window.once('ready-to-show', () => window.show());
  window.on('close', () => writeWindowState(stateFile, { bounds: window.getNormalBounds(), maximized: window.isMaximized() }));
  void window.loadURL(`${origin}/`);
  return window;
}
