/**
 * Electron's package downloads its runtime from outside the npm registry at the first start. Here that is tried
 * with a short question first, so that a machine that cannot reach it is told at once instead of waiting.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { packageFile } from './project.mjs';

const askMs = 3000;
const downloadMs = 10 * 60 * 1000;

/** Path of the Electron program, or null where its runtime is not on this machine. */
export function electronBinary() {
  try {
    const relative = readFileSync(packageFile('electron', 'path.txt'), 'utf8').trim();
    const folder = process.env.ELECTRON_OVERRIDE_DIST_PATH ?? packageFile('electron', 'dist');
    const binary = path.join(folder, relative);
    return existsSync(binary) ? binary : null;
  } catch {
    return null;
  }
}

async function isReachable() {
  const place = process.env.ELECTRON_MIRROR ?? process.env.npm_config_electron_mirror ?? 'https://github.com/electron/electron/releases/';
  try {
    const { status } = await fetch(place, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(askMs) });
    return status < 500;
  } catch {
    return false;
  }
}

/** The Electron program, downloaded if it can be; or the reason, one sentence, why there is none. */
export async function obtainElectron() {
  const present = electronBinary();
  if (present) return { binary: present };
  let installer;
  try {
    installer = packageFile('electron', 'install.js');
  } catch {
    return { reason: 'Electron is not installed (it is a development package)' };
  }
  if (!(await isReachable())) return { reason: 'the Electron runtime is not on this machine and the place it is downloaded from cannot be reached' };
  console.error('Downloading the Electron runtime, once (about 120 MB)…');
  const { status } = spawnSync(process.execPath, [installer], { stdio: ['ignore', 'ignore', 'ignore'], timeout: downloadMs });
  const binary = electronBinary();
  return status === 0 && binary ? { binary } : { reason: 'the Electron runtime could not be downloaded' };
}

/** Whether a window can be shown at all. */
export const hasDisplay = () => process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
