import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { dataFiles, dataSeed, modelFiles } from './files.ts';
import { manifest } from './manifest.ts';
import { allSettings } from './settings/index.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8').replaceAll('\r\n', '\n');

describe('what lies in native-models', () => {
  it('is what the recipe writes', () => {
    for (const settings of allSettings) {
      for (const [name, text] of modelFiles(settings)) expect(read(settings.id, name) === text, `${settings.id}/${name}`).toBe(true);
      for (const [name, text] of dataFiles(settings, dataSeed)) expect(read('data', name) === text, name).toBe(true);
    }
    expect(JSON.parse(read('index.json'))).toEqual(manifest(allSettings));
  });

  it('fits into 32 MB', () => {
    const [settings] = allSettings;
    const data = [...dataFiles(settings, dataSeed).values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    const models = allSettings.reduce((sum, { id }) => sum + readdirSync(join(root, id)).reduce((size, file) => size + statSync(join(root, id, file)).size, 0), 0);
    expect(models + data).toBeLessThan(32e6);
  });
});
