/** Builds the window when its sources changed since the last build. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findNode, nodeFlags, packageFile, Refusal, root } from './project.mjs';

function* filesUnder(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* filesUnder(full);
    else if (!/\.test\.ts$/.test(entry.name)) yield full;
  }
}

/** Hash of the given files and folders of the project: names and contents. */
export function hashOf(places) {
  const hash = createHash('sha256');
  for (const place of places) {
    const full = path.join(root, place);
    if (!existsSync(full)) continue;
    const isFile = /\.\w+$/.test(place);
    for (const file of isFile ? [full] : filesUnder(full)) hash.update(path.relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

/** Runs `build` unless `sources` hash to what they did when `outputs` were last built. */
export async function buildIfChanged({ name, sources, outputs, sentence, build }) {
  const stamp = path.join(root, 'out', `.${name}.hash`);
  const hash = hashOf(sources);
  const built = outputs.every((output) => existsSync(path.join(root, output)));
  if (built && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  console.error(sentence);
  await build();
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
}

/** Runs a build tool under our Node; its words appear only when it fails. */
export function runQuietly(file, args, failure) {
  const { status, stdout, stderr } = spawnSync(findNode(), [...nodeFlags, file, ...args], { cwd: root, encoding: 'utf8', env: { ...process.env, NODE_ENV: 'production' } });
  if (status !== 0) throw new Refusal(`${stdout}${stderr}\n${failure}`);
}

const windowSources = ['src/renderer', 'src/shared', 'vite.config.ts', 'package-lock.json'];

export const buildWindow = () =>
  buildIfChanged({
    name: 'renderer',
    sources: windowSources,
    outputs: ['out/renderer/index.html'],
    sentence: 'Building the window…',
    build: () => runQuietly(packageFile('vite', 'bin/vite.js'), ['build', '--logLevel', 'warn'], 'The window could not be built.'),
  });

export const buildDesktop = () =>
  buildIfChanged({
    name: 'desktop',
    sources: [...windowSources, 'src/main', 'src/preload', 'electron.vite.config.ts'],
    outputs: ['out/main/main.js', 'out/preload/preload.cjs', 'out/renderer/index.html'],
    sentence: 'Building the desktop window…',
    build: () => runQuietly(packageFile('electron-vite', 'bin/electron-vite.js'), ['build', '--logLevel', 'warn'], 'The desktop window could not be built.'),
  });
