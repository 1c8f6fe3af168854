/**
 * Entry of the desktop shell: one application, one window, over the same services as the local shell and the
 * command line. `--home DIR` chooses another home, which is then another application instance.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { app, dialog, nativeTheme, type BrowserWindow } from 'electron';
import { toErrorDto } from '../../../shared/errors.ts';
import { createServices, defaultHome, homeLayout, type Services } from '../../services/index.ts';
import { carried } from '../common/carried.ts';
import { carryContract } from './carrier.ts';
import { confineApplication } from './confine.ts';
import { installMenu } from './menu.ts';
import { declareProtocol, serveWindow } from './protocol.ts';
import { createWindow } from './window.ts';

/** The project's folders: in a package they lie beside the archive, because the engine's Node cannot look into one. */
const inArchive = app.getAppPath();
const root = app.isPackaged ? inArchive.replace(/app\.asar$/, 'app.asar.unpacked') : inArchive;
const longestStopMs = 15_000;

let window: BrowserWindow | null = null;
let services: Services | null = null;
let stopped = false;

declareProtocol();
app.enableSandbox();
const layout = homeLayout(app.commandLine.getSwitchValue('home') || argumentAfter('--home') || defaultHome());
// One instance per home: Chromium keeps its lock, and what little else it writes, there.
const ownFolder = path.join(layout.home, 'desktop');
mkdirSync(ownFolder, { recursive: true });
app.setPath('userData', ownFolder);

if (app.requestSingleInstanceLock()) {
  app.on('second-instance', () => {
    if (window?.isMinimized()) window.restore();
    window?.focus();
  });
  void app.whenReady().then(start);
} else {
  app.quit();
}

function start(): void {
  try {
    services = createServices({
      shell: 'desktop',
      home: layout.home,
      version: app.getVersion(),
      engineEntry: path.join(root, 'src', 'engine', 'host', 'main.ts'),
      nativeModels: path.join(root, 'native-models'),
      migrationsFolder: path.join(root, 'drizzle'),
      ...(process.env['SINGULAR_NODE'] ? { engine: { node: process.env['SINGULAR_NODE'] } } : {}),
    });
  } catch (error) {
    dialog.showErrorBox('Singular cannot start', toErrorDto(error).message);
    return app.exit(1);
  }
  const carrier = carried(services);
  confineApplication();
  serveWindow(path.join(inArchive, 'out', 'renderer'));
  carryContract(carrier, () => window);
  installMenu(carrier, () => window, layout.exports);
  void services.dispatch('settings.get', {}).then((settings) => applyTheme(settings));
  services.on('settings.changed', applyTheme);

  const open = () => {
    window = createWindow(path.join(inArchive, 'out', 'preload', 'preload.cjs'), layout.home);
    window.on('closed', () => { window = null; });
  };
  open();
  app.on('activate', () => { if (!window) open(); });
}

/** The system's own surfaces (menus, dialogs, `prefers-color-scheme`) follow the setting. */
function applyTheme(settings: unknown): void {
  nativeTheme.themeSource = (settings as { theme: 'system' | 'light' | 'dark' }).theme;
}

app.on('window-all-closed', () => {
  if (process.platform !== 'darwin') app.quit();
});

/** Quitting waits for the engine and the database; a job under way is resumed at the next start. */
app.on('will-quit', (event) => {
  if (stopped || !services) return;
  event.preventDefault();
  stopped = true;
  const timer = setTimeout(() => app.exit(0), longestStopMs);
  void services.close().finally(() => {
    clearTimeout(timer);
    app.exit(0);
  });
});

function argumentAfter(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at >= 0 ? process.argv[at + 1] : undefined;
}
