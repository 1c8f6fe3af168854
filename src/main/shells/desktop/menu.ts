import { Menu, app, dialog, shell, type BrowserWindow, type MenuItemConstructorOptions } from 'electron';
import { toErrorDto } from '../../../shared/errors.ts';
import type { Carried } from '../common/carried.ts';

/** The menu does only what the window can do too, with the system's own dialogs. */
export function installMenu(services: Carried, currentWindow: () => BrowserWindow | null, exportsFolder: string): void {
  /** Asks for paths and hands each to `use`; a refusal is shown as the one sentence it is. */
  const pick = async (title: string, properties: ('openDirectory' | 'openFile')[], filters: { name: string; extensions: string[] }[], use: (path: string) => Promise<unknown>) => {
    const window = currentWindow();
    if (!window) return;
    const { filePaths } = await dialog.showOpenDialog(window, { title, properties, filters });
    for (const path of filePaths) {
      try {
        await use(path);
      } catch (error) {
        await dialog.showMessageBox(window, { type: 'warning', message: toErrorDto(error).message });
      }
    }
  };
  const isMac = process.platform === 'darwin';
  const template: MenuItemConstructorOptions[] = [
    ...(isMac ? [{ role: 'appMenu' } satisfies MenuItemConstructorOptions] : []),
    {
      label: '&File',
      submenu: [
        { label: 'Add a Model Folder…', accelerator: 'CmdOrCtrl+Shift+O', click: () => void pick('Add a model folder', ['openDirectory'], [], (folder) => services.dispatch('models.addFolder', { folder })) },
        { label: 'Import an Expert…', accelerator: 'CmdOrCtrl+O', click: () => void pick('Import an expert', ['openFile'], [{ name: 'Experts', extensions: ['safetensors'] }], (path) => services.dispatch('experts.import', { path })) },
        { label: 'Show Exports', click: () => void shell.openPath(exportsFolder) },
        { type: 'separator' },
        isMac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    { label: '&View', submenu: [{ role: 'reload' }, { role: 'resetZoom' }, { role: 'zoomIn' }, { role: 'zoomOut' }, { type: 'separator' }, { role: 'togglefullscreen' }, ...(app.isPackaged ? [] : [{ role: 'toggleDevTools' } satisfies MenuItemConstructorOptions])] },
    { role: 'windowMenu' },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
