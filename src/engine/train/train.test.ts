/** The pure parts of training, and the loop on the real stories260K model: interrupted and resumed it is the same run. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quickPreset, type TrainingConfig } from '../../shared/training.ts';
import { ModelStore } from '../host/model-store.ts';
import type { TaskRow, TrainCheckpoint, TrainOutcome } from '../host/protocol.ts';
import { createGrader, type Grader } from '../tasks/graders/index.ts';
import { clipScale, gradientNorm, initMoments, updateAdamW } from './adamw.ts';
import { advantages, rewardOf } from './advantage.ts';
import { evaluate } from './evaluate.ts';
import { Paused, train, type TrainEvent } from './loop.ts';
import { learningRateAt } from './schedule.ts';
import { shuffledControl, shuffledZ } from './control.ts';
import { againstBase, crossedMean, pairedGain, scoreInterval } from './statistics.ts';

describe('AdamW', () => {
  it('is the textbook update after one and two steps', () => {
    const w = new Map([['w', Float32Array.of(1)]]);
    const moments = initMoments(w);
    const options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1 };
    updateAdamW(w, new Map([['w', Float32Array.of(4)]]), moments, options, { step: 1, learningRate: 0.01, gradientScale: 0.5 });
    // m̂ = 2, v̂ = 4: the step is the learning rate; decay is 0.01 · 0.1 · 1
    expect(w.get('w')?.[0]).toBeCloseTo(1 - 0.001 - 0.01, 6);
    updateAdamW(w, new Map([['w', Float32Array.of(-2)]]), moments, options, { step: 2, learningRate: 0.01, gradientScale: 1 });
    const mHat = (0.9 * 0.2 + 0.1 * -2) / (1 - 0.81);
    const vHat = (0.999 * 0.004 + 0.001 * 4) / (1 - 0.999 ** 2);
    expect(w.get('w')?.[0]).toBeCloseTo(0.989 * (1 - 0.001) - (0.01 * mHat) / Math.sqrt(vHat), 6);
  });

  it('clips by the global norm', () => {
    const gradients = new Map([['a', Float32Array.of(3)], ['b', Float32Array.of(0, 4)]]);
    expect(gradientNorm(gradients)).toBe(5);
    expect(clipScale(5, 1)).toBe(0.2);
    expect(clipScale(0.5, 1)).toBe(1);
  });
});

describe('schedule', () => {
  const schedule = { steps: 10, warmupSteps: 2, learningRate: 1, schedule: 'cosine' } as const;
  it('warms up linearly and ends near zero', () => {
    expect(learningRateAt(1, schedule)).toBe(0.5);
    expect(learningRateAt(3, schedule)).toBe(1);
    expect(learningRateAt(10, schedule)).toBeCloseTo(0.5 * (1 + Math.cos((Math.PI * 7) / 8)), 12);
    expect(learningRateAt(9, { ...schedule, schedule: 'constant' })).toBe(1);
  });
});

describe('advantages', () => {
  it('maps scores to rewards linearly', () => expect([0, 0.5, 1].map((score) => rewardOf(score, -0.5))).toEqual([-0.5, 0.25, 1]));
  it('none is the reward itself', () => expect(advantages([1, -1], 'none', 1)).toEqual([1, -1]));
  it('batch has mean 0 and deviation 1, and nothing to learn from equal rewards', () => {
    expect(advantages([1, 1, 1, -1], 'batch', 1).map((x) => Number(x.toFixed(4)))).toEqual([0.5774, 0.5774, 0.5774, -1.7321]);
    expect(advantages([1, 1], 'batch', 1)).toEqual([0, 0]);
  });
  it('group is standardised within the answers to one prompt', () => {
    expect(advantages([1, -1, 1, 1, 1, -1], 'group', 2)).toEqual([1, -1, 0, 0, 1, -1]);
  });
  it('leave-one-out compares with the other answers to the same prompt', () => {
    expect(advantages([1, -1, 1, 1], 'leave-one-out', 2)).toEqual([2, -2, 0, 0]);
    expect(advantages([1, -1, -1], 'leave-one-out', 1)).toEqual([2, -1, -1]);
  });
});

describe('intervals', () => {
  it('are Wilson’s for one sample a row', () => {
    const { low, high } = scoreInterval([...Array<number[]>(8).fill([1]), ...Array<number[]>(2).fill([0])]);
    expect(low).toBeCloseTo(0.4902, 3); // Wilson (1927) for 8 of 10
    expect(high).toBeCloseTo(0.9433, 3);
  });
  it('widen where answers to one row are alike', () => {
    const alike = scoreInterval([[1, 1, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1]]);
    expect(alike.high - alike.low).toBeGreaterThan(0.6);
  });
  it('of several seeds cover other seeds and other rows', () => {
    const rows = (seed: number): number[] => Array.from({ length: 40 }, (_, row) => (row % 4 === 0 ? 1 : 0) + seed);
    // seeds alike: the interval of the rows; rows alike: that of the seeds, Student's with two degrees
    expect(crossedMean([rows(0), rows(0), rows(0)])).toEqual(expect.objectContaining({ mean: 0.25 }));
    const alike = crossedMean([rows(0), rows(0), rows(0)]);
    expect(alike.high - alike.mean).toBeCloseTo(pairedGain(rows(0).map(() => 0), rows(0)).high - 0.25, 6);
    const seeds = crossedMean([[0.1, 0.1, 0.1], [0.2, 0.2, 0.2], [0.3, 0.3, 0.3]]);
    expect(seeds.high - seeds.mean).toBeCloseTo(4.303 * (0.1 / Math.sqrt(3)), 3);
    // both: wider than either
    const both = crossedMean([rows(0), rows(0.1), rows(0.2)]);
    expect(both.high - both.low).toBeGreaterThan(alike.high - alike.low);
  });
  it('of one seed are Wilson’s and the paired one; of several, around their mean', () => {
    const base = [[0], [0], [1], [0]];
    const trial = [[1], [0], [1], [1]];
    expect(againstBase(base, [trial])).toEqual({ base: scoreInterval(base), score: scoreInterval(trial), gain: pairedGain([0, 0, 1, 0], [1, 0, 1, 1]) });
    expect(againstBase(base, [trial, base]).gain.mean).toBe(0.25);
  });
  it('pair rows', () => {
    const gain = pairedGain([0, 0, 1, 0], [1, 0, 1, 1]);
    expect(gain.mean).toBe(0.5);
    expect(gain.low).toBeCloseTo(0.5 - 3.182 * Math.sqrt(1 / 3 / 4), 1);
  });
  it('are wide where few rows were asked and none differs, and narrow with many', () => {
    const none = (rows: number): number => pairedGain(new Array<number>(rows).fill(1), new Array<number>(rows).fill(1)).high;
    expect(none(20)).toBeCloseTo(0.161, 3);
    expect(none(600)).toBeCloseTo(0.0064, 4);
    expect(pairedGain([0, 0], [1, 1])).toMatchObject({ mean: 1, high: 1 });
  });
});

const folder = join(import.meta.dirname, '../../../../shared/models/stories260K');

describe.skipIf(!existsSync(folder))('the loop on stories260K (../shared; skipped where that is not there)', () => {
  const cacheRoot = mkdtempSync(join(tmpdir(), 'singular-train-'));
  const models = new ModelStore(() => {});
  const place = { folder, cacheRoot, device: 'cpu' } as const;
  const names = ['Lily', 'Tom', 'Ben', 'Mia', 'Sam', 'Anna'];
  const rows: TaskRow[] = names.map((name, row) => ({ row, messages: [{ role: 'user', content: `Once upon a time there was ${name}.` }], reference: ' She had a big red ball.', data: {} }));
  const config: TrainingConfig = { ...quickPreset, steps: 4, batchSize: 8, maxTokens: 12, validationRows: 8, validateEvery: 2, checkpointEvery: 1, layers: [1, 3], modules: 'mlp', seed: 3 };
  let grader: Grader;
  beforeAll(async () => {
    models.setThreads(1);
    grader = await createGrader('contains:a');
  });
  afterAll(() => rmSync(cacheRoot, { recursive: true, force: true }));

  interface Recorded { outcome?: TrainOutcome; events: TrainEvent[]; checkpoints: TrainCheckpoint[] }
  async function run(changes: Partial<TrainingConfig> = {}, checkpoint?: TrainCheckpoint, stop?: { after: number; trial?: number; action: 'pause' | 'keep' }, given: TaskRow[] = rows): Promise<Recorded> {
    const events: TrainEvent[] = [];
    const steering: { action: 'pause' | 'keep' | null } = { action: null };
    const emit = (event: TrainEvent): void => {
      events.push(event);
      const at = event.type === 'step' ? event.metric : event.type === 'base' ? { trial: event.trial, step: 0 } : null;
      if (stop && at?.step === stop.after && at.trial === (stop.trial ?? 0)) steering.action = stop.action;
    };
    const outcome = await models
      .using(place, (model) => train({ model, rows: given, grader, raw: true, config: { ...config, ...changes }, emit, steering, clock: () => 0, memory: () => 1, signal: new AbortController().signal, ...(checkpoint && { checkpoint }) }))
      .catch((error: unknown) => {
        if (!(error instanceof Paused)) throw error;
        return undefined;
      });
    const checkpoints = events.flatMap((event) => (event.type === 'checkpoint' ? [event.checkpoint] : []));
    return { events, checkpoints, ...(outcome && { outcome }) };
  }
  const steps = ({ events }: Recorded) => events.flatMap((event) => (event.type === 'step' ? [event] : []));

  it('tunes exactly the matrices that were chosen', async () => {
    const { outcome } = await run({ steps: 1 });
    expect(Object.keys(outcome?.tensors ?? {})).toEqual([1, 3].flatMap((layer) => ['gate', 'up', 'down'].map((name) => `model.layers.${layer}.mlp.${name}_proj.weight`)));
  });

  it('gives the same numbers to the bit when repeated, paused, or taken up from any checkpoint', async () => {
    const whole = await run();
    expect(await run()).toEqual(whole);
    const paused = await run({}, undefined, { after: 2, action: 'pause' });
    expect(paused.outcome).toBeUndefined();
    for (const checkpoint of [paused.checkpoints.at(-1), whole.checkpoints[0]]) {
      const rest = await run({}, checkpoint);
      expect(rest.outcome).toEqual(whole.outcome);
      expect(steps(rest)).toEqual(steps(whole).slice(checkpoint?.step));
    }
  });

  const variants: [string, Partial<TrainingConfig>][] = [
    ['LoRA with dropout and two seeds', { method: 'lora', rank: 4, dropout: 0.2, modules: 'both', seeds: 2, steps: 2 }],
    ['DoRA, next-token, three λ in the other direction', { method: 'dora', rank: 2, objective: 'next-token', klSweep: [0, 0.5, 1], klDirection: 'base-policy', steps: 2 }],
    ['IA3, several answers a prompt', { method: 'ia3', modules: 'both', samplesPerPrompt: 4, baseline: 'group', steps: 2 }],
    ['SVF as the published code has it', { parametrisation: 'reference', initMean: 0.1, initDeviation: 0.01, weightDecay: 0.1, steps: 2 }],
  ];
  it.each(variants)('%s: the same to the bit when repeated or taken up from any checkpoint', async (_, changes) => {
    const whole = await run(changes);
    expect(await run(changes)).toEqual(whole);
    const ends = whole.outcome;
    expect(ends?.trials.length).toBe(Math.max(1, changes.klSweep?.length ?? 1) + (changes.seeds ?? 1) - 1);
    for (const checkpoint of [whole.checkpoints[0], whole.checkpoints.at(-1)]) {
      if (!checkpoint) throw new Error('no checkpoint');
      const rest = await run(changes, checkpoint);
      expect(rest.outcome).toEqual(ends);
      expect(steps(rest)).toEqual(steps(whole).filter(({ metric }) => metric.trial > checkpoint.trial || (metric.trial === checkpoint.trial && metric.step > checkpoint.step)));
    }
  });

  it('tries each λ with the first seed, then the other seeds with the best, and keeps the best trial', async () => {
    const { outcome } = await run({ klSweep: [0, 5], seeds: 3, steps: 2 });
    const trials = outcome?.trials ?? [];
    const chosen = trials.find((trial) => trial.chosen)!;
    const sweepBest = trials[1].validation > trials[0].validation ? 5 : 0;
    expect(trials.map(({ seed, klCoefficient }) => [seed, klCoefficient])).toEqual([[3, 0], [3, 5], [4, sweepBest], [5, sweepBest]]);
    expect(Math.max(...trials.map(({ validation }) => validation))).toBe(chosen.validation);
    expect(outcome?.bestStep).toBe(chosen.bestStep);
    const counted = trials.filter(({ klCoefficient }) => klCoefficient === sweepBest);
    expect(outcome?.test.score.mean).toBeCloseTo(counted.reduce((sum, { test }) => sum + test.score.mean, 0) / counted.length, 12);
    expect(new Set(trials.map(({ test }) => test.base.mean)).size).toBe(1);
    expect(outcome?.rowsUsed).toEqual({ train: 4, validation: 1, test: 1 });
    expect(outcome?.cost).toMatchObject({ peakMemoryBytes: 1, trainableParameters: Object.values(outcome?.tensors ?? {}).reduce((sum, { data }) => sum + data.length, 0) });
  });

  it('next-token makes the given answers likelier, and samples nothing', async () => {
    const recorded = await run({ objective: 'next-token', steps: 8, learningRate: 0.02, klCoefficient: 0 });
    const metrics = steps(recorded).map(({ metric }) => metric);
    expect(metrics[7].loss).toBeLessThan(metrics[0].loss - 0.1);
    expect(metrics.every(({ loss, reward, score }) => Math.abs(loss + reward) < 1e-9 && Math.abs(score - Math.exp(reward)) < 1e-9)).toBe(true);
    expect(steps(recorded).flatMap(({ samples }) => samples)).toEqual([]);
  });

  it('refuses what cannot be trained, in a sentence', async () => {
    await expect(run({ baseline: 'group' })).rejects.toThrow('set samplesPerPrompt to 2 or more');
    await expect(run({ samplesPerPrompt: 9 })).rejects.toThrow('more than the 8 answers of a step');
    await expect(run({ objective: 'next-token' }, undefined, undefined, rows.map((row) => ({ ...row, reference: null })))).rejects.toThrow('has no answer to imitate');
    await expect(run({ seeds: 2, testShare: 0 })).rejects.toThrow('there are none');
  });

  it('ends early and keeps the best when told to', async () => {
    const { outcome } = await run({}, undefined, { after: 1, action: 'keep' });
    expect(outcome).toMatchObject({ steps: 1, stoppedEarly: true });
  });

  it('told to end in a later trial, keeps what was finished, and that trial where it has a step', async () => {
    const whole = await run({ seeds: 3, steps: 2 });
    const before = await run({ seeds: 3, steps: 2 }, undefined, { after: 0, trial: 1, action: 'keep' });
    expect(before.outcome?.trials.map(({ steps: done }) => done)).toEqual([2]);
    expect(before.outcome?.trials[0].test).toEqual(whole.outcome?.trials[0].test);
    const during = await run({ seeds: 3, steps: 2 }, undefined, { after: 1, trial: 1, action: 'keep' });
    expect(during.outcome?.trials.map(({ steps: done }) => done)).toEqual([2, 1]);
    const paused = await run({ seeds: 3, steps: 2 }, undefined, { after: 1, trial: 2, action: 'pause' });
    expect(paused.checkpoints.at(-1)).toMatchObject({ trial: 2, step: 1 });
    expect((await run({ seeds: 3, steps: 2 }, paused.checkpoints.at(-1))).outcome).toEqual(whole.outcome);
  });

  it('starts at the base model: z of ones changes no score', async () => {
    const sampling = { maxTokens: 12, temperature: 0, topP: 1, topK: 0, seed: 0, stop: [] };
    await models.using(place, async (model) => {
      const ones = Object.fromEntries(model.checkpoint.matrices.map(({ name, rank }) => [name, new Float32Array(rank).fill(1)]));
      const base = await evaluate(model, { rows, adaptation: { kind: 'base' }, grader, raw: true, sampling, samples: 1 });
      expect(await evaluate(model, { rows, adaptation: { kind: 'merged', weights: await model.merge(ones) }, grader, raw: true, sampling, samples: 1 })).toEqual(base);
    });
  });

  it('the shuffled control scores the same numbers in another order, against the base', async () => {
    const z = { b: Float32Array.of(1, 2, 3, 4), a: Float32Array.of(5, 6, 7, 8) };
    const shuffled = shuffledZ(z, 1);
    expect([...shuffled['a']].sort()).toEqual([5, 6, 7, 8]);
    expect(shuffledZ({ a: z.a, b: z.b }, 1)).toEqual(shuffled);
    expect(shuffledZ(z, 2)).not.toEqual(shuffled);
    const sampling = { maxTokens: 12, temperature: 1, topP: 1, topK: 0, seed: 0, stop: [] };
    const done: number[] = [];
    await models.using(place, async (model) => {
      const tuned = Object.fromEntries(model.checkpoint.matrices.map(({ name, rank }) => [name, Float32Array.from({ length: rank }, (_, i) => 1 + 0.5 * Math.sin(i))]));
      const control = await shuffledControl(model, { rows, grader, raw: true, z: tuned, shuffleSeed: 1, sampling, samples: 2, onProgress: (at) => void done.push(at) });
      const base = await evaluate(model, { rows, adaptation: { kind: 'base' }, grader, raw: true, sampling, samples: 2 });
      expect(control).toMatchObject({ rows: 6, samples: 2, temperature: 1, base: { mean: expect.any(Number) as number } });
      expect(Math.abs(control.gain.mean - (control.score.mean - control.base.mean))).toBeLessThan(1e-9);
      expect(base.rows).toBe(6);
    });
    expect(done.at(-1)).toBe(24);
  });

  it('refuses a layer that the model does not have', async () => {
    await expect(run({ layers: [7] })).rejects.toThrow('“layers” names layer 7');
  });

  it('refuses a checkpoint that cannot be read', async () => {
    await expect(run({}, { trial: 0, step: 1, blob: Uint8Array.of(1, 2, 3) })).rejects.toThrow('cannot be read');
  });
});
