/** Texts with one beginning, whose keys and values are computed once, have the log-probabilities of whole texts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ZVectors } from '../../shared/matrices.ts';
import { ModelStore } from '../host/model-store.ts';
import { beginningOf, continuationLogProbs, type Continuation } from './continuation.ts';
import type { Adaptation, LoadedModel } from './loaded-model.ts';
import { Random } from './random.ts';
import { logProbsOf } from './score.ts';

const cacheRoot = mkdtempSync(join(tmpdir(), 'continuation-'));
afterAll(() => rmSync(cacheRoot, { recursive: true }));
const models = new ModelStore(() => {});
models.setThreads(1);

describe.each(['tiny-llama', 'tiny-mistral'])('%s', (name) => {
  const using = <R>(work: (model: LoadedModel) => Promise<R>): Promise<R> => models.using({ folder: join(import.meta.dirname, '../../../native-models', name), cacheRoot, device: 'cpu' }, work);
  const random = new Random(8);
  const tokens = (count: number): number[] => Array.from({ length: count }, () => 3 + Math.floor(900 * random.uniform()));
  const zOf = (model: LoadedModel): ZVectors => Object.fromEntries(model.checkpoint.matrices.map(({ name: matrix, rank }) => [matrix, Float32Array.from({ length: rank }, () => 1 + 0.1 * random.normal())]));

  async function expectWhole(model: LoadedModel, begun: readonly number[], rows: readonly Continuation[], adaptation: Adaptation, whole = adaptation): Promise<void> {
    const found = await continuationLogProbs(model, await beginningOf(model, begun, whole), rows, adaptation);
    const expected = await logProbsOf(model, rows.flatMap(({ ids, wanted }) => wanted.map(({ after, token }) => ({ prompt: ids.slice(0, after), answer: [token] }))), whole);
    expect(found).toHaveLength(expected.length);
    found.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 3));
  }
  // longer than tiny-mistral's window
  const begun = tokens(100);
  const after = (...own: number[][]): Continuation[] => own.map((ids) => ({ ids: [...begun, ...ids], wanted: [{ after: begun.length + ids.length, token: 5 }, { after: begun.length + ids.length, token: 77 }] }));

  it('with rows of several lengths, and several tokens asked of one place', async () => {
    await using((model) => expectWhole(model, begun, after(tokens(3), tokens(17), tokens(1)), { kind: 'base' }));
  });

  it('with several places of a row', async () => {
    await using((model) => expectWhole(model, begun, [{ ids: [...begun, 8, 9, 10], wanted: [101, 102, 103].map((after, i) => ({ after, token: 9 + i })) }], { kind: 'base' }));
  });

  it('with no beginning, with a row that leaves it early, and with one that is no longer than it', async () => {
    await using(async (model) => {
      await expectWhole(model, [], after(tokens(4)), { kind: 'base' });
      await expectWhole(model, begun, [...after(tokens(4)), { ids: [...begun.slice(0, 12), 4, 4], wanted: [{ after: 14, token: 6 }] }], { kind: 'base' });
      await expectWhole(model, begun, [{ ids: begun, wanted: [{ after: 100, token: 6 }] }], { kind: 'base' });
    });
  });

  it('under a z: by its factors, by weights as inputs, and by weights that stay in the graph', async () => {
    await using(async (model) => {
      const z = zOf(model);
      const weights = await model.merge(z);
      await expectWhole(model, begun, after(tokens(5), tokens(9)), { kind: 'shared', z });
      await expectWhole(model, begun, after(tokens(5), tokens(9)), { kind: 'merged', weights });
      await expectWhole(model, begun, after(tokens(5), tokens(9)), { kind: 'fixed', name: 'one', weights }, { kind: 'merged', weights });
      // another z of the same name is only seen once the first is forgotten
      const other = await model.merge(zOf(model));
      await model.forget('one');
      await expectWhole(model, begun, after(tokens(5)), { kind: 'fixed', name: 'one', weights: other }, { kind: 'merged', weights: other });
    });
  });
});
