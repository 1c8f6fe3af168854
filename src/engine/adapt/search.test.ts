/** Searches on tiny-llama with two made-up experts and a handful of its rows: real answers, few of them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quickSearch, type SearchConfig, type SearchOutcome } from '../../shared/adaptation.ts';
import type { ZVectors } from '../../shared/matrices.ts';
import { ModelStore } from '../host/model-store.ts';
import type { SearchCheckpoint, TaskRow } from '../host/protocol.ts';
import type { LoadedModel } from '../runtime/loaded-model.ts';
import { Random } from '../runtime/random.ts';
import { createGrader, type Grader } from '../tasks/graders/index.ts';
import { isTaskRow, toTaskRow } from '../tasks/rows.ts';
import { search, type SearchRequest } from './search.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const folder = join(root, 'native-models/tiny-llama');
const cacheRoot = mkdtempSync(join(tmpdir(), 'search-'));
const models = new ModelStore(() => {});
models.setThreads(1);
let grader: Grader;
const rows = (split: string, count: number): TaskRow[] =>
  readFileSync(join(root, `native-models/data/math/${split}.jsonl`), 'utf8').split('\n').slice(0, count)
    .map((line, row) => toTaskRow({ row, data: JSON.parse(line) as Record<string, unknown> }, { kind: 'prompt-answer', prompt: 'prompt', answer: 'answer' })).filter(isTaskRow);

const config: SearchConfig = { ...quickSearch, population: 4, generations: 3, examples: 4, selectionRows: 4, testRows: 4, maxTokens: 24, patience: 0 };
const expert = ({ checkpoint: { matrices } }: LoadedModel, seed: number): ZVectors => {
  const random = new Random(seed);
  return Object.fromEntries(matrices.map(({ name, rank }) => [name, Float32Array.from({ length: rank }, () => 1 + 0.2 * random.normal())]));
};

type Events = Parameters<SearchRequest['emit']>[0][];
interface Run {
  outcome: SearchOutcome;
  events: Events;
}
async function run(set: Partial<SearchConfig> = {}, more: Partial<SearchRequest> = {}): Promise<Run> {
  const events: Events = [];
  const outcome = await models.using({ folder, cacheRoot, device: 'cpu' }, (model) => search({
    model, experts: [expert(model, 1), expert(model, 2)], rows: { examples: rows('train', 4), selection: rows('validation', 4), test: rows('test', 4) }, grader, raw: false,
    config: { ...config, ...set }, emit: (event) => events.push(event), steering: { action: null }, clock: () => 0, signal: new AbortController().signal, ...more,
  }));
  return { outcome, events };
}
const generations = (events: Events) => events.flatMap((event) => (event.type === 'generation' ? [event] : []));

beforeAll(async () => {
  grader = await createGrader('number');
});
afterAll(async () => {
  await grader.dispose();
  rmSync(cacheRoot, { recursive: true });
});

describe('a search', () => {
  let whole: Run;
  beforeAll(async () => {
    whole = await run();
  });

  it('tries the population on all examples, and counts what that takes', () => {
    const { outcome, events } = whole;
    expect(generations(events).map(({ generation }) => generation.candidates.length)).toEqual([4, 4, 4]);
    // 3 generations of 4 × 4; before them and after the base and both experts, with the centre and the hall of fame; the test
    const finalists = outcome.finalists.length;
    expect(outcome.budget).toMatchObject({ generations: 3, answers: 3 * 16 + 3 * 4 + finalists * 4 + finalists * 4 + 2 * 4 });
    expect(outcome.stopped).toBe('generations');
  });

  it('compares the base, each expert and what it found on other rows, and takes the best', () => {
    const { finalists, chosen, test } = whole.outcome;
    expect(finalists.slice(0, 4).map(({ kind }) => kind)).toEqual(['base', 'expert', 'expert', 'centre']);
    expect(finalists.slice(0, 3).map(({ alphas }) => alphas)).toEqual([[0, 0], [1, 0], [0, 1]]);
    expect(chosen.selection).toBe(Math.max(...finalists.map(({ selection = 0 }) => selection)));
    expect(test?.rows).toBe(4);
  });

  it('taken up after any generation, as JSON, ends with the same α and the same numbers', async () => {
    for (const { checkpoint } of generations(whole.events).slice(0, 2)) {
      const resumed = await run({}, { checkpoint: JSON.parse(JSON.stringify(checkpoint)) as SearchCheckpoint });
      expect(resumed.outcome.chosen).toEqual(whole.outcome.chosen);
      expect(resumed.outcome.test).toEqual(whole.outcome.test);
      expect(generations(resumed.events).at(-1)?.checkpoint.optimiser).toEqual(generations(whole.events).at(-1)?.checkpoint.optimiser);
    }
  });

  it('taken up after its last generation, ends where it ended: converged, stalled or through', async () => {
    const ends = [{ deviation: 0.02, tolerance: 0.1, optimiser: 'cem' }, { generations: 20, patience: 1, seed: 2 }, { generations: 1 }] as const;
    for (const set of ends) {
      const undisturbed = await run(set);
      const last = generations(undisturbed.events).at(-1)?.checkpoint;
      const resumed = await run(set, { checkpoint: JSON.parse(JSON.stringify(last)) as SearchCheckpoint });
      expect(generations(resumed.events)).toEqual([]);
      expect(resumed.outcome).toMatchObject({ stopped: undisturbed.outcome.stopped, chosen: undisturbed.outcome.chosen, budget: { generations: undisturbed.outcome.budget.generations } });
    }
  });

  it('pauses between two generations, and ends with the best so far when told to keep it', async () => {
    await expect(run({}, { steering: { action: 'pause' } })).rejects.toThrow(expect.objectContaining({ name: 'Paused' }) as Error);
    const [first] = generations(whole.events);
    const kept = await run({}, { steering: { action: 'keep' }, checkpoint: first.checkpoint });
    expect(kept.outcome.stopped).toBe('kept');
    expect(kept.outcome.finalists.filter(({ kind }) => kind === 'candidate').length).toBeGreaterThan(0);
  });

  it('stops when α are found to the tolerance, or when nothing better comes; the floor keeps it going', async () => {
    expect((await run({ deviation: 0.02, tolerance: 0.1, optimiser: 'cem' })).outcome).toMatchObject({ stopped: 'converged', budget: { generations: 1 } });
    for (const optimiser of ['cem', 'cma-es'] as const) expect((await run({ optimiser, deviation: 0.02, deviationFloor: 0.3, generations: 3, patience: 0 })).outcome).toMatchObject({ stopped: 'generations', budget: { generations: 3 } });
    const stalled = await run({ generations: 20, patience: 2, deviation: 1e-4, deviationFloor: 0, tolerance: 0, tieBreak: false });
    expect(stalled.outcome.stopped).toBe('stalled');
    expect(stalled.outcome.budget.generations).toBeLessThan(20);
  });

  it('weighs experts whole where that is asked for, which is the same where α add up to 1', async () => {
    const fitness = async (set: Partial<SearchConfig>) => generations((await run({ generations: 1, deviation: 0.3, ...set })).events)[0].generation.candidates.map(({ alphas, score, tieBreak }) => ({ alphas, score, tieBreak }));
    expect(await fitness({ form: 'sum', normalised: true, low: 0 })).toEqual(await fitness({ form: 'base-anchored', normalised: true, low: 0 }));
    const [anchored, sum] = [await fitness({ form: 'base-anchored' }), await fitness({ form: 'sum' })];
    expect(sum.map(({ alphas }) => alphas)).toEqual(anchored.map(({ alphas }) => alphas));
    expect(sum).not.toEqual(anchored);
  });

  it('has an α for each layer where that is asked for', async () => {
    const { outcome, events } = await run({ perLayer: true, generations: 1, normalised: true, low: 0, high: 1 });
    const [{ generation }] = generations(events);
    expect(generation.mean).toHaveLength(12);
    for (const { alphas } of generation.candidates) {
      const [a, b] = alphas as number[][];
      a.forEach((value, layer) => expect(value + b[layer]).toBeCloseTo(1, 9));
    }
    expect(outcome.finalists[1].alphas).toEqual([[1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0]]);
  });
});
