import { describe, expect, it } from 'vitest';
import type { Bridge, EventName, Events, JobDto, RunDto, StepMetric, ValidationMetric } from '../../../shared/contract.ts';
import { quickPreset } from '../../../shared/training.ts';
import { LiveRun } from './live-run.svelte.ts';

const step = (number: number, reward = number): StepMetric => ({ trial: 0, step: number, loss: 0, reward, score: 0.5, klPolicyBase: 0, gradientNorm: 1, learningRate: 0.01, tokensPerSecond: 1, answerTokens: 1, seconds: 1 });
const validation = (number: number, score: number, best: boolean): ValidationMetric => ({ trial: 0, step: number, score, best, rows: 64, interval: { mean: score, low: score - 0.1, high: score + 0.1 } });
const job = (state: JobDto['state']): JobDto => ({ id: 'j', kind: 'train', title: 't', state, createdAt: 0, progress: { done: 1, total: 4, unit: 'steps' }, runId: 'r', canPause: true, canKeep: true });

function services(run: Partial<RunDto>) {
  const listeners = new Map<EventName, ((payload: never) => void)[]>();
  const stored: RunDto = {
    id: 'r', name: 'units', kind: 'train', jobId: 'j', state: 'running', modelId: 'm', modelName: 'tiny', datasetName: 'd', datasetHash: 'h', grader: 'number', raw: false,
    preset: 'quick', config: quickPreset, createdAt: 0, steps: [], validations: [], lastSamples: [], trials: [], command: 'singular train', ...run,
  };
  let hold: Promise<void> = Promise.resolve();
  const bridge = {
    call: async (name: string) => {
      await hold;
      if (name === 'runs.get') return structuredClone(stored);
      if (name === 'jobs.list') return [job(stored.state)];
      return [];
    },
    on: (event: EventName, listener: (payload: never) => void) => {
      listeners.set(event, [...(listeners.get(event) ?? []), listener]);
      return () => listeners.set(event, (listeners.get(event) ?? []).filter((other) => other !== listener));
    },
    pathOf: async () => '',
  } as unknown as Bridge;
  const emit = <E extends EventName>(event: E, payload: Events[E]): void => (listeners.get(event) ?? []).forEach((listener) => listener(payload as never));
  return { bridge, emit, stored, holdUntil: (promise: Promise<void>) => (hold = promise), heard: () => [...listeners.values()].flat().length };
}
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

describe('a run on its page', () => {
  it('is whole after closing and reopening in the middle', async () => {
    const { bridge, emit, stored, heard } = services({ steps: [step(1), step(2)] });
    const first = new LiveRun(bridge, 'r');
    const close = first.open();
    await settle();
    emit('run.step', { runId: 'r', metric: step(3) });
    emit('run.step', { runId: 'another', metric: step(99) });
    expect(first.steps.map((metric) => metric.step)).toEqual([1, 2, 3]);
    close();
    expect(heard()).toBe(0);
    stored.steps = [1, 2, 3, 4, 5].map((number) => step(number));
    const again = new LiveRun(bridge, 'r');
    again.open();
    await settle();
    expect(again.steps.map((metric) => metric.step)).toEqual([1, 2, 3, 4, 5]);
  });

  it('keeps a step that arrives while it is being read', async () => {
    const { bridge, emit, holdUntil } = services({ steps: [step(1)] });
    let letGo = (): void => undefined;
    void holdUntil(new Promise((resolve) => (letGo = resolve)));
    const live = new LiveRun(bridge, 'r');
    live.open();
    emit('run.step', { runId: 'r', metric: step(2) });
    letGo();
    await settle();
    expect(live.steps.map((metric) => metric.step)).toEqual([1, 2]);
  });

  it('lets repeated steps of a resumed run take the place of the first', async () => {
    const { bridge, emit } = services({ steps: [step(1), step(2), step(3, 0.1)] });
    const live = new LiveRun(bridge, 'r');
    live.open();
    await settle();
    emit('run.step', { runId: 'r', metric: step(3, 0.9) });
    expect(live.steps.map((metric) => metric.reward)).toEqual([1, 2, 0.9]);
  });

  it('knows one best validation and the base as its zero line', async () => {
    const { bridge, emit } = services({ baseScore: 0.5 });
    const live = new LiveRun(bridge, 'r');
    live.open();
    await settle();
    emit('run.validation', { runId: 'r', metric: validation(5, 0.6, true) });
    emit('run.validation', { runId: 'r', metric: validation(10, 0.7, true) });
    emit('run.validation', { runId: 'r', metric: validation(15, 0.65, false) });
    expect(live.best?.step).toBe(10);
    expect(live.validations.filter((metric) => metric.best)).toHaveLength(1);
    expect(live.base).toBe(0.5);
  });

  it('keeps the trials of a run apart, and follows the one under way', async () => {
    const { bridge, emit } = services({ steps: [step(1), step(2)], baseScore: 0.5 });
    const live = new LiveRun(bridge, 'r');
    live.open();
    await settle();
    emit('run.validation', { runId: 'r', metric: validation(2, 0.7, true) });
    emit('run.step', { runId: 'r', metric: { ...step(1), trial: 1 } });
    emit('run.validation', { runId: 'r', metric: { ...validation(2, 0.6, true), trial: 1 } });
    expect(live.steps.map((metric) => [metric.trial, metric.step])).toEqual([[0, 1], [0, 2], [1, 1]]);
    expect(live.validations.filter((metric) => metric.best)).toHaveLength(2);
    expect([live.trial, live.trialSteps.length]).toEqual([1, 1]);
    expect(live.best?.score).toBe(0.7);
    live.wantedTrial = 0;
    expect(live.trialSteps).toHaveLength(2);
  });

  it('notices a restarted engine and follows its job to the end', async () => {
    const { bridge, emit, stored } = services({});
    const live = new LiveRun(bridge, 'r');
    live.open();
    await settle();
    expect(live.state).toBe('running');
    emit('engine.changed', { state: 'restarting' });
    expect(live.restarted).toBe(true);
    stored.state = 'succeeded';
    stored.expertId = 'e';
    emit('job.changed', job('succeeded'));
    await settle();
    expect(live.ended).toBe(true);
    expect(live.run?.expertId).toBe('e');
  });
});
