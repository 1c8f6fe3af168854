/**
 * node native-models/recipe/make-data.ts [model]
 * Writes the tokenizer and configuration of a model, the datasets, and the manifest `native-models/index.json`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dataFiles, dataSeed, modelFiles } from './files.ts';
import { manifest } from './manifest.ts';
import { allSettings, settingsOf } from './settings/index.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const settings = settingsOf(process.argv[2] ?? 'tiny-llama');

const write = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  console.log(path, Buffer.byteLength(text));
};
for (const [name, text] of modelFiles(settings)) write(join(root, settings.id, name), text);
for (const [name, text] of dataFiles(settings, dataSeed)) write(join(root, 'data', name), text);
write(join(root, 'index.json'), `${JSON.stringify(manifest(allSettings), null, 2)}\n`);
