/** `node scripts/node.mjs program.ts …`: any program of the project under the Node that it brings. */
import { command, ensureInstalled, findNode, foreground, nodeFlags } from './lib/project.mjs';

await command(async () => {
  ensureInstalled();
  return foreground(findNode(), [...nodeFlags, ...process.argv.slice(2)]);
});
