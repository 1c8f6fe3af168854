/** Rows drawn for what is no training, and a batch in which every row has a z of its own against the base, on the real stories260K model. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { samplingSchema, type Split } from '../../shared/contract.ts';
import { ModelStore } from '../host/model-store.ts';
import type { TaskRow, Way } from '../host/protocol.ts';
import { Random } from '../runtime/random.ts';
import { createGrader } from '../tasks/graders/index.ts';
import { contrast, type Contrast } from './contrast.ts';
import { shuffledZ } from './control.ts';
import { chosenRows } from './rows.ts';

const rowOf = (row: number, content: string, split?: Split): TaskRow => ({ row, messages: [{ role: 'user', content }], reference: null, data: {}, ...(split && { split }) });

describe('rows drawn by a seed', () => {
  const numbers = (rows: readonly TaskRow[]): number[] => rows.map(({ row }) => row);
  const unsplit = Array.from({ length: 40 }, (_, i) => rowOf(i, `question ${i % 20}`));
  it('no prompt is in two sets, test rows are the same for every seed, the others are not', () => {
    const atMost = { train: 5, validation: 4, test: 8 };
    const [a, b, again] = [chosenRows(unsplit, 1, atMost), chosenRows(unsplit, 2, atMost), chosenRows(unsplit, 1, atMost)];
    expect(again).toEqual(a);
    expect([a.train.length, a.validation.length, a.test.length]).toEqual([5, 4, 8]);
    for (const { train, validation, test } of [a, b]) {
      const sets = [train, validation, test].map((rows) => new Set(rows.map(({ messages: [{ content }] }) => content)));
      expect(new Set(sets.flatMap((set) => [...set])).size).toBe(sets[0].size + sets[1].size + sets[2].size);
    }
    expect(numbers(b.test)).toEqual(numbers(a.test));
    expect(numbers(b.train)).not.toEqual(numbers(a.train));
  });
  it('keeps the splits that the dataset names', () => {
    const named = [...Array.from({ length: 6 }, (_, i) => rowOf(i, `t${i}`, 'train')), rowOf(6, 'v', 'validation'), rowOf(7, 'x', 'test'), rowOf(8, 'y', 'test')];
    const { train, validation, test } = chosenRows(named, 3, { train: 99, validation: 99, test: 99 });
    expect([numbers(train).sort(), numbers(validation), numbers(test)]).toEqual([[0, 1, 2, 3, 4, 5], [6], [7, 8]]);
  });
  it('asked for test rows alone, a dataset may hold nothing else', () => {
    const tests = [rowOf(0, 'x', 'test'), rowOf(1, 'y', 'test')];
    expect(numbers(chosenRows(tests, 0, { train: 0, validation: 0, test: 1 }).test)).toEqual([0]);
    expect(() => chosenRows(tests, 0, { train: 1, validation: 0, test: 1 })).toThrow('leaves no row to train on');
  });
});

const folder = join(import.meta.dirname, '../../../../shared/models/stories260K');

describe.skipIf(!existsSync(folder))('a contrast on stories260K (../shared; skipped where that is not there)', () => {
  const cacheRoot = mkdtempSync(join(tmpdir(), 'singular-contrast-'));
  const models = new ModelStore(() => {});
  models.setThreads(1);
  const place = { folder, cacheRoot, device: 'cpu' } as const;
  const rows = ['Lily', 'Tom', 'Ben', 'Mia', 'Sam', 'Anna'].map((name, row) => rowOf(row, `One day, ${name} saw`));
  const sampling = samplingSchema.parse({ maxTokens: 8 });
  afterAll(() => rmSync(cacheRoot, { recursive: true, force: true }));

  it('of a z per row is each row’s own, and equals the rows asked alone', async () => {
    const grader = await createGrader('contains: a');
    await models.using(place, async (model) => {
      const ask = async (way: Way, of: readonly TaskRow[], base?: number[]): Promise<Contrast> => contrast(model, { rows: of, grader, raw: true, sampling, way, clock: () => 0, ...(base && { base }) });
      const zs = [1, 2].map((seed) => {
        const random = new Random(seed, 0);
        return Object.fromEntries(model.checkpoint.matrices.map(({ name, rank }) => [name, Float32Array.from({ length: rank }, () => 1 + 0.6 * random.normal())]));
      });
      const choice = [0, 1, null, 0, 1, null];
      const together = await ask({ method: 'per-row', zs, choice }, rows);
      const alone: number[] = [];
      for (const [i, row] of rows.entries()) alone.push((await ask(choice[i] === null ? { method: 'svf', z: {} } : { method: 'svf', z: zs[choice[i]] }, [row])).test.score.mean);
      expect(together.test.score.mean).toBeCloseTo(alone.reduce((a, b) => a + b, 0) / rows.length, 12);
      // the two z do change answers, or this would show nothing
      expect(alone).not.toEqual(together.baseScores);
      expect(together.test.gain.mean).toBeCloseTo(together.test.score.mean - together.test.base.mean, 12);
      // known base scores are taken as they are, and only the way is asked
      expect((await ask({ method: 'per-row', zs, choice }, rows, together.baseScores)).test).toEqual(together.test);
      // everything left to the base is the base
      const allBase = await ask({ method: 'per-row', zs, choice: rows.map(() => null) }, rows);
      expect([allBase.test.gain.mean, allBase.test.score]).toEqual([0, allBase.test.base]);
      expect((await ask({ method: 'shuffled', z: zs[0], seed: 5 }, rows)).test).toEqual((await ask({ method: 'svf', z: shuffledZ(zs[0], 5) }, rows)).test);
    });
  });
});
