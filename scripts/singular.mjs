/** `npm run -s singular -- …`: the command line, under the Node that the project brings. */
import path from 'node:path';
import { command, ensureInstalled, findNode, foreground, nodeFlags, root } from './lib/project.mjs';

await command(async () => {
  ensureInstalled();
  const cli = path.join(root, 'src', 'main', 'cli', 'main.ts');
  // npm changes into the project's folder; paths that the person typed are relative to where they typed them.
  const cwd = process.env.npm_lifecycle_event === 'singular' ? (process.env.INIT_CWD ?? process.cwd()) : process.cwd();
  return foreground(findNode(), [...nodeFlags, cli, ...process.argv.slice(2)], { cwd });
});
