/**
 * `npm start`: installs what is missing, builds the window if it changed, and opens Singular: in its desktop window
 * where the Electron runtime is (or can be had), else in the browser, served on 127.0.0.1.
 *
 *   npm start -- [--shell local|desktop] [--home DIR] [--port N] [--no-open]
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { electronBinary, hasDisplay, obtainElectron } from './lib/electron.mjs';
import { command, ensureInstalled, findNode, foreground, nodeFlags, Refusal, root } from './lib/project.mjs';
import { buildDesktop, buildWindow } from './lib/window.mjs';

const usage = 'Usage: npm start -- [--shell local|desktop] [--home DIR] [--port N] [--no-open]';

function readArguments() {
  let values;
  try {
    ({ values } = parseArgs({ options: { shell: { type: 'string' }, home: { type: 'string' }, port: { type: 'string' }, 'no-open': { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } }));
  } catch (error) {
    throw new Refusal(`${error.message}\n${usage}`);
  }
  if (values.shell !== undefined && !['local', 'desktop'].includes(values.shell)) throw new Refusal(`The shell is "local" or "desktop", not "${values.shell}".`);
  if (values.port !== undefined && !(/^\d+$/.test(values.port) && Number(values.port) < 65_536)) throw new Refusal(`A port is a number up to 65535, not "${values.port}".`);
  // Relative to where the person stands, not to the project that npm changes into.
  if (values.home !== undefined) values.home = path.resolve(process.env.INIT_CWD ?? process.cwd(), values.home);
  return values;
}

/** The Electron program when the desktop window is to be opened, or null for the local shell. */
async function chooseDesktop(shell) {
  if (shell === 'local') return null;
  if (!hasDisplay()) {
    const reason = 'there is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set)';
    if (shell === 'desktop') throw new Refusal(`The desktop window cannot be opened: ${reason}.`);
    console.error(electronBinary() ? `The window is served to a browser, because ${reason}.` : 'The window is served to a browser, because there is no display here and no Electron runtime.');
    return null;
  }
  const { binary, reason } = await obtainElectron();
  if (binary) return binary;
  if (shell === 'desktop') throw new Refusal(`The desktop window cannot be opened: ${reason}.`);
  console.error(`The window is served to a browser, because ${reason}.`);
  return null;
}

await command(async () => {
  const options = readArguments();
  if (options.help) {
    console.log(usage);
    return 0;
  }
  ensureInstalled();
  const node = findNode();
  const home = options.home ? ['--home', options.home] : [];
  const electron = await chooseDesktop(options.shell);
  if (electron) {
    await buildDesktop();
    // Chromium's own sandbox refuses to run as root; that is for containers, never for a person's machine.
    const flags = process.platform === 'linux' && process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    // what Node compiled is not for Electron, which builds it another way
    return foreground(electron, [...flags, root, ...home], { env: { ...process.env, SINGULAR_NODE: node, NODE_COMPILE_CACHE: undefined } });
  }
  await buildWindow();
  const port = options.port ? ['--port', options.port] : [];
  const open = options['no-open'] || !hasDisplay() ? [] : ['--open'];
  return foreground(node, [...nodeFlags, path.join(root, 'src/main/shells/local/main.ts'), ...home, ...port, ...open]);
});
