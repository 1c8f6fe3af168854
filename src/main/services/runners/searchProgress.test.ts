/** What a search says of itself: why its generations ended, what comes then, and how long that takes. */
import { describe, expect, test, vi } from 'vitest';
import { quickSearch, type GenerationDto, type SearchOutcome } from '../../../shared/adaptation.ts';
import type { EngineCalls, SearchCheckpoint, SteerAction } from '../../../engine/host/protocol.ts';
import type { JobRun } from '../../jobs/runner.ts';
import type { RunnerContext } from './context.ts';
import { searchProgress, type SearchProgress, type Standing } from './searchProgress.ts';
import { runSearch, type SearchingRequest } from './searching.ts';

const config = { ...quickSearch, generations: 20, population: 32, examples: 10, patience: 6, tolerance: 0.001 };
const ahead = { experts: 3, examples: 10, selection: 64, test: 500 };
const after = (generations: number, more: Partial<Standing> = {}): Standing => ({ budget: { generations, seconds: 6.4 * generations }, hall: 8, ...more });

const end = (stopped: SearchOutcome['stopped'], isScoring = false): Pick<Standing, 'end'> => ({ end: { stopped, finalists: 13, isScoring } });

describe('what a search says', () => {
  test('counts choosing and scoring in its time: 13 finalists on 74 rows and two on 500 are 1962 answers more', () => {
    const told = searchProgress(config, ahead, after(4), undefined, 2);
    expect(told).toMatchObject({ done: 4, total: 20, note: 'generation 4 of at most 20' });
    expect(told.secondsLeft).toBeCloseTo((6.4 / 320) * (16 * 320 + 13 * 74 + 2 * 500) - 2, 9);
  });
  test('names the end with its reason, then what is done, with nothing left of the generations that did not run', () => {
    const told = searchProgress(config, ahead, after(4, end('converged')), undefined, 9);
    expect(told).toMatchObject({ done: 4, total: 4, note: 'converged after 4 generations; comparing 13 finalists, then scoring on 500 test rows' });
    expect(told.secondsLeft).toBeCloseTo((6.4 / 320) * 1962 - 9, 9);
    const scoring = searchProgress(config, ahead, after(4, end('converged', true)), undefined, 0);
    expect(scoring.note).toBe('converged after 4 generations; scoring on 500 test rows');
    expect(scoring.secondsLeft).toBeCloseTo((6.4 / 320) * 1000, 9);
    expect(searchProgress(config, { ...ahead, test: 0 }, after(1, end('kept')), undefined, 1e4)).toEqual({ done: 1, total: 1, note: 'stopped by hand after 1 generation; comparing 13 finalists', secondsLeft: undefined });
  });
  test('answers a pause: between generations it comes, after them it is too late', () => {
    expect(searchProgress(config, ahead, after(4), 'pause', 0).note).toBe('generation 4 of at most 20; pauses when the next is through');
    expect(searchProgress(config, ahead, after(4, end('stalled')), 'pause', 0).note).toMatch(/; too late to pause, it ends by itself$/);
  });
});

test('a search that runs tells its end while the engine is still choosing, time going down, and answers a pause there', async () => {
  vi.useFakeTimers({ now: 0 });
  const told: SearchProgress[] = [];
  let tell: (event: EngineCalls['search']['event']) => void = () => undefined;
  let through: (outcome: SearchOutcome) => void = () => undefined;
  const engine = {
    call: () => ({ train: new Array(10), validation: new Array(64), test: new Array(500) }),
    request: (_name: string, _input: object, onEvent: typeof tell) => {
      tell = onEvent;
      return { result: new Promise<SearchOutcome>((resolve) => (through = resolve)), steer: () => undefined, cancel: () => undefined };
    },
  };
  const stores = { searches: { change: () => undefined, checkpoint: () => undefined, addGeneration: () => undefined }, datasets: { sample: () => [], get: () => ({ name: 'math', splits: {} }) }, experts: { get: () => undefined } };
  const context = { engine, stores, catalog: { place: () => ({}) }, vectors: { ofExpert: () => [] }, events: { emit: () => undefined }, clock: Date.now } as unknown as RunnerContext;
  let steer: (action: SteerAction) => void = () => undefined;
  const request = { model: {}, input: { searchId: 's', expertIds: ['a', 'b', 'c'], config }, onSteer: (listener: typeof steer) => (steer = listener), onProgress: (progress: SearchProgress) => told.push(progress) } as unknown as SearchingRequest;
  const running = runSearch(context, { signal: new AbortController().signal } as JobRun, request);
  await vi.advanceTimersByTimeAsync(0);
  const budget = { generations: 1, answers: 320, answerTokens: 1, seconds: 6.4 };
  tell({ type: 'generation', budget, generation: { generation: 0 } as GenerationDto, checkpoint: { optimiser: { spread: [0, 0, 0.001] }, budget, hall: new Array(8), withoutBetter: 0 } as unknown as SearchCheckpoint });
  expect(told.at(-1)).toMatchObject({ total: 20, note: 'generation 1 of at most 20' });
  tell({ type: 'choosing', stopped: 'converged', finalists: 13 });
  expect(told.at(-1)).toMatchObject({ total: 1, note: 'converged after 1 generation; comparing 13 finalists, then scoring on 500 test rows' });
  await vi.advanceTimersByTimeAsync(3000);
  expect(told.at(-1)?.secondsLeft).toBeCloseTo((6.4 / 320) * 1962 - 3, 9);
  tell({ type: 'scoring' });
  expect(told.at(-1)).toMatchObject({ note: 'converged after 1 generation; scoring on 500 test rows', secondsLeft: 20 });
  steer('pause');
  expect(told.at(-1)?.note).toContain('too late to pause');
  const outcome = { stopped: 'converged' } as SearchOutcome;
  through(outcome);
  expect(await running).toBe(outcome);
  const known = told.length;
  await vi.advanceTimersByTimeAsync(5000);
  expect(told).toHaveLength(known);
  vi.useRealTimers();
});
