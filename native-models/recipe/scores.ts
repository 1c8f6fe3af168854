/**
 * node native-models/recipe/scores.ts [model] [--weights folder] [--split test] [--rows n] [--threads n] [--show n]
 *
 * The base's score on every dataset, greedy and at temperature 1, with the engine and the product's graders; one JSON
 * line per dataset.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { ColumnMapping } from '../../src/shared/contract.ts';
import { ModelStore } from '../../src/engine/host/model-store.ts';
import { createGrader } from '../../src/engine/tasks/graders/index.ts';
import { isTaskRow, toTaskRow } from '../../src/engine/tasks/rows.ts';
import { evaluate } from '../../src/engine/train/evaluate.ts';
import { datasetFile } from './files.ts';
import { mappingOf } from './manifest.ts';
import { skills } from './skills/index.ts';
import { readRows } from './read-rows.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { weights: { type: 'string' }, split: { type: 'string', default: 'test' }, rows: { type: 'string' }, threads: { type: 'string', default: '1' }, show: { type: 'string', default: '0' } },
});
const folder = values.weights ?? join(root, positionals[0] ?? 'tiny-llama');
const store = new ModelStore((_, message) => console.error(message));
store.setThreads(Number(values.threads));
const cacheRoot = mkdtempSync(join(tmpdir(), 'scores-'));

await store.using({ folder, cacheRoot, device: 'cpu' }, async (model) => {
  for (const skill of skills) {
    const grader = await createGrader(skill.grader);
    for (const hard of [false, true]) {
      const mapping: ColumnMapping = mappingOf(skill);
      const rows = readRows(join(root, 'data', datasetFile(skill.name, hard, values.split))).map((data, row) => toTaskRow({ row, data }, mapping)).filter(isTaskRow).slice(0, values.rows === undefined ? undefined : Number(values.rows));
      const result: Record<string, unknown> = { dataset: `${skill.name}${hard ? '-hard' : ''}`, split: values.split, rows: rows.length };
      for (const temperature of [0, 1]) {
        const { score, interval, samples } = await evaluate(model, { rows, adaptation: { kind: 'base' }, grader, raw: false, samples: 1, sampling: { maxTokens: 48, temperature, topP: 1, topK: 0, seed: 1, stop: [] } });
        result[temperature === 0 ? 'greedy' : 'temperature1'] = { score: Number(score.toFixed(3)), ci95: [interval.low, interval.high].map((bound) => Number(bound.toFixed(3))) };
        if (temperature === 0) for (const { prompt, answer, reason, score: grade } of samples.slice(0, Number(values.show))) console.log(JSON.stringify({ prompt, answer, reason, grade }));
      }
      console.log(JSON.stringify(result));
    }
    await grader.dispose();
  }
});
rmSync(cacheRoot, { recursive: true });
process.exit(0);
