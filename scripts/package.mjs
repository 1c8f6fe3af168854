/** `npm run package`: builds, and packages for this platform into `release/`. Needs Electron's runtime to be reachable. */
import { command, ensureInstalled, findNode, foreground, nodeFlags, packageFile } from './lib/project.mjs';
import { buildDesktop } from './lib/window.mjs';

await command(async () => {
  ensureInstalled();
  await buildDesktop();
  return foreground(findNode(), [...nodeFlags, packageFile('electron-builder', 'cli.js'), '--publish', 'never', ...process.argv.slice(2)]);
});
