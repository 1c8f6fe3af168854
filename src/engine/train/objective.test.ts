/** Answers of one token to the same prompt share its row: the numbers are those of rows of their own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { ModelStore } from '../host/model-store.ts';
import { Random } from '../runtime/random.ts';
import { Session } from '../runtime/session.ts';
import { objective, type WeightedSequence } from './objective.ts';

const cacheRoot = mkdtempSync(join(tmpdir(), 'objective-'));
afterAll(() => rmSync(cacheRoot, { recursive: true }));

it('shared rows give the sums and the gradient of rows of their own', async () => {
  const models = new ModelStore(() => {});
  models.setThreads(1);
  await models.using({ folder: join(import.meta.dirname, '../../../native-models/tiny-llama'), cacheRoot, device: 'cpu' }, async (model) => {
    const random = new Random(5);
    const tokens = (count: number): number[] => Array.from({ length: count }, () => 3 + Math.floor(900 * random.uniform()));
    const z = Object.fromEntries(model.checkpoint.matrices.map(({ name, rank }) => [name, Float32Array.from({ length: rank }, () => 1 + 0.05 * random.normal())]));
    const of = (prompt: number[], answers: number[][]): WeightedSequence[] => answers.map((answer) => ({ prompt, answer, weight: random.normal(), klWeight: random.uniform() }));
    // of one prompt: one token, two tokens (a row of its own), and one token again
    const shared = [...of(tokens(12), [[5], [6], [7]]), ...of(tokens(9), [[8], [9, 10], [11], [12]]), ...of(tokens(12), [[5], [6]])];
    const apart = shared.map((sequence) => ({ ...sequence, prompt: [...sequence.prompt] }));
    const run = vi.spyOn(Session.prototype, 'run');
    const rowsOf = async (sequences: WeightedSequence[]) => {
      run.mockClear();
      const sums = await objective(model, z, sequences, { klDirection: 'policy-base', gradient: true });
      return { sums, rows: run.mock.calls.reduce((sum, [feeds]) => sum + ('weight' in feeds ? feeds.ids.dims[0] : 0), 0) };
    };
    const [together, alone] = [await rowsOf(shared), await rowsOf(apart)];
    run.mockRestore();
    // by length: 9 + 1 tokens ×3, 9 + 2 tokens, 12 + 1 tokens of either prompt
    expect([together.rows, alone.rows]).toEqual([4, 9]);
    for (const part of ['logLikelihood', 'klPolicyBase', 'klBasePolicy'] as const) together.sums[part].forEach((value, i) => expect(value).toBeCloseTo(alone.sums[part][i], 3));
    for (const [name, values] of together.sums.gradient) {
      const expected = alone.sums.gradient.get(name)!;
      const scale = Math.max(...expected.map(Math.abs));
      values.forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThan(1e-4 * scale));
    }
  });
});
