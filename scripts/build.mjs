/** `npm run build`: the desktop application's JavaScript into `out/`, whether or not Electron's runtime is here. */
import { command, ensureInstalled } from './lib/project.mjs';
import { buildDesktop } from './lib/window.mjs';

await command(async () => {
  ensureInstalled();
  await buildDesktop();
});
