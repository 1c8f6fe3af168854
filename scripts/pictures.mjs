/** `npm run pictures`: the pictures of README from the real window, built from the sources as they are. */
import path from 'node:path';
import { command, ensureInstalled, findNode, foreground, nodeFlags, root } from './lib/project.mjs';
import { buildWindow } from './lib/window.mjs';

await command(async () => {
  ensureInstalled();
  await buildWindow();
  return foreground(findNode(), [...nodeFlags, path.join(root, 'tests', 'e2e', 'pictures.ts'), ...process.argv.slice(2)]);
});
