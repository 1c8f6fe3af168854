/** Search and dispatch of the child engine: arithmetic in the place of a model, with the promises of the real ones. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CandidateDto, DispatcherState, FinalistDto } from '../../../shared/adaptation.ts';
import type { TestScoreDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import type { EngineCalls, SteerAction, TaskRow } from '../../../engine/host/protocol.ts';

type Names = 'chooseRows' | 'search' | 'trainClassifier' | 'fitEmbedding' | 'dispatch' | 'contrast';
interface Request { signal: AbortSignal; steer: () => SteerAction | undefined; emit: (event: unknown) => void }
export type AdaptationMethods = { [M in Names]: (input: EngineCalls[M]['input'], request: Request) => Promise<EngineCalls[M]['result']> | EngineCalls[M]['result'] };

export interface Surroundings { stepMs: number; reach(place: string): void; hold(place: string, request: Request): Promise<void>; next(state: number): number }

const around = (mean: number): TestScoreDto['base'] => ({ mean, low: mean - 0.1, high: mean + 0.1 });

/** A question is for the expert whose name, or whose place (“expert 1”), stands in it. */
const expertOf = (question: string, classes: number): number | null => {
  const place = Number(/expert (\d+)/.exec(question)?.[1] ?? Number(question.split('+')[0]) % 2);
  return place < classes ? place : null;
};

const classesOf = (dispatcher: DispatcherState): number => (dispatcher.kind === 'embedding' ? dispatcher.fitted.classes : dispatcher.categories.length);

export const adaptationMethods = ({ stepMs, reach, hold, next }: Surroundings): AdaptationMethods => ({
  chooseRows: ({ rows, atMost }) => {
    const test = rows.filter(({ split }) => split === 'test');
    const rest = rows.filter(({ split }) => split !== 'test');
    const middle = Math.ceil(rest.length * 0.75);
    const some = (of: TaskRow[], count: number): TaskRow[] => of.slice(0, count);
    return { train: some(rest.slice(0, middle), atMost.train), validation: some(rest.slice(middle), atMost.validation), test: some(test, atMost.test) };
  },
  /** Candidates are drawn from a generator whose state is the whole checkpoint, so that equal α mean equal paths. */
  search: async ({ experts, rows, config, checkpoint }, request) => {
    const { emit, signal, steer } = request;
    const budget = checkpoint ? { ...checkpoint.budget } : { generations: 0, answers: 0, answerTokens: 0, seconds: 0 };
    let value = checkpoint ? Number(checkpoint.optimiser['value']) : config.seed + 1;
    let best: CandidateDto | null = checkpoint?.best ?? null;
    let stopped: 'generations' | 'kept' = 'generations';
    const none = { score: 0.25, tieBreak: 0 };
    if (!checkpoint) emit({ type: 'start', base: none, experts: experts.map(() => none) });
    while (budget.generations < config.generations) {
      if (signal.aborted) throw new SingularError('cancelled', 'Stopped.');
      const action = steer();
      if (action === 'pause') throw new SingularError('cancelled', 'Paused.');
      if (action === 'keep') {
        stopped = 'kept';
        break;
      }
      await sleep(stepMs);
      const generation = budget.generations;
      reach(`search:${generation}`);
      const candidates = Array.from({ length: config.population }, (): CandidateDto => {
        const x = experts.map(() => (value = next(value)) / 2_147_483_648);
        return { x, alphas: x, generation, score: x.reduce((a, b) => a + b, 0) / x.length, tieBreak: 0 };
      });
      for (const candidate of candidates) if (best === null || candidate.score > best.score) best = candidate;
      budget.generations++;
      budget.answers += candidates.length * rows.examples.length;
      budget.answerTokens += candidates.length * rows.examples.length * 4;
      budget.seconds += 0.01;
      emit({
        type: 'generation', budget: { ...budget }, checkpoint: { optimiser: { value }, best, hall: [], withoutBetter: 0, budget: { ...budget } },
        generation: { generation, candidates, elites: [0], mean: experts.map(() => 0.5), deviation: experts.map(() => 0.5), best, seconds: 0.01 },
      });
      await hold(`search:${generation}`, request);
    }
    emit({ type: 'choosing', stopped, finalists: 2 });
    const base: FinalistDto = { kind: 'base', alphas: experts.map(() => 0), search: none, selection: 0.25 };
    // nothing above an impossible score is found where the seed says so: then the base is chosen
    const chosen: FinalistDto = best === null || config.seed === 999 ? base : { kind: 'candidate', alphas: best.alphas, search: best, selection: best.score };
    const gain = chosen === base ? 0 : 0.3;
    return {
      chosen, finalists: [base, ...(chosen === base ? [] : [chosen])], budget, stopped,
      ...(rows.test.length > 0 && { test: { rows: rows.test.length, samples: 1, temperature: config.temperature, base: around(0.25), score: around(0.25 + gain), gain: around(gain) } }),
    };
  },
  trainClassifier: async ({ training, steps = 4, start }, { emit, signal }) => {
    for (let step = 1; step <= steps; step++) {
      if (signal.aborted) throw new SingularError('cancelled', 'Stopped.');
      reach(`classifier:${step}`);
      await sleep(stepMs);
      emit({ step, steps, score: step / steps });
    }
    const began = start ? Object.values(start)[0][0] : 0;
    return { z: { 'model.layers.0.self_attn.q_proj.weight': new Float32Array(8).fill(began + training.length) }, habit: [], accuracy: 1, baseAccuracy: 0.5, seconds: 0.1 };
  },
  fitEmbedding: ({ examples, classes }) => ({
    fitted: { classes, mean: new Float32Array(8), scale: new Float32Array(8).fill(examples.length), weights: [], bias: new Float32Array(classes), centres: [], leastConfidence: 0, farthest: 1 },
    seconds: 0.1,
  }),
  /** what is right depends on how many rows are not left to the base */
  contrast: async ({ rows, way, sampling, base }, { emit, signal }) => {
    await sleep(stepMs);
    if (signal.aborted) throw new SingularError('cancelled', 'Stopped.');
    reach(`contrast:${way.method}`);
    emit({ done: rows.length, total: rows.length, secondsLeft: 0 });
    const adapted = way.method === 'per-row' ? way.choice.filter((place) => place !== null).length / rows.length : way.method === 'shuffled' ? 0.1 : 0.5;
    return { test: { rows: rows.length, samples: 1, temperature: sampling.temperature, base: around(0.25), score: around(0.25 + adapted / 2), gain: around(adapted / 2) }, baseScores: base ?? rows.map(() => 0.25), seconds: 0.1, answerTokens: rows.length };
  },
  dispatch: ({ dispatcher, questions }) => {
    const classes = classesOf(dispatcher);
    const decisions = questions.map((messages) => {
      const expert = expertOf(messages.at(-1)?.content ?? '', classes);
      const probabilities = Array.from({ length: classes + 1 }, (_, i) => (i === (expert ?? classes) ? 1 : 0));
      return { expert, confidence: 1, probabilities };
    });
    return { decisions, ms: questions.length };
  },
});
