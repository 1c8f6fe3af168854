/** Which Chromium drives the local shell, and which Electron the desktop window; or why there is none. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium } from '@playwright/test';

const usualPlaces: Partial<Record<NodeJS.Platform, string[]>> = {
  linux: ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome-stable', '/usr/bin/google-chrome', '/snap/bin/chromium'],
  darwin: ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium'],
  win32: ['C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe', 'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe', 'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe'],
};

/** `CHROME_PATH`, Playwright's own, then the system's. */
export function findChromium(): string | undefined {
  return [process.env['CHROME_PATH'], chromium.executablePath(), ...(usualPlaces[process.platform] ?? [])].find((place) => place && existsSync(place));
}

export const noChromium = 'there is no Chromium on this machine: install Debian’s "chromium", or run "npx playwright install chromium", or set CHROME_PATH';

/** Flags that a Chromium in a container without a display, often as root, needs; nothing is fetched in the background. */
export const chromiumFlags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** The Electron program, when its runtime (which no package carries) has been downloaded. */
export function findElectron(): string | undefined {
  try {
    const folder = path.dirname(createRequire(import.meta.url).resolve('electron/package.json'));
    const binary = path.join(process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? path.join(folder, 'dist'), readFileSync(path.join(folder, 'path.txt'), 'utf8').trim());
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}

export const noElectron = 'the Electron runtime is not on this machine (its package downloads it from outside the npm registry at the first start)';
