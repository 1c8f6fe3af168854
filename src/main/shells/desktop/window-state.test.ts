import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { readWindowState, writeWindowState } from './window-state.ts';

const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'singular-state-')), 'window.json');

it('comes back as it was left', () => {
  writeWindowState(file, { bounds: { x: -20, y: 5, width: 900, height: 700 }, maximized: true });
  expect(readWindowState(file)).toEqual({ bounds: { x: -20, y: 5, width: 900, height: 700 }, maximized: true });
});

it.each(['', 'null', '{"bounds":{"x":1}}', '{"bounds":{"x":0,"y":0,"width":1,"height":1}}', '{"maximized":"yes"}'])('a damaged file (%s) means the default', (text) => {
  writeFileSync(file, text);
  expect(readWindowState(file)).toEqual({ maximized: false });
});

it('a missing file means the default, and a place that cannot be written is no error', () => {
  expect(readWindowState('/nowhere/window.json')).toEqual({ maximized: false });
  expect(() => writeWindowState('/nowhere/window.json', { maximized: true })).not.toThrow();
});
