/**
 * One trial, step by step: one seed and one λ. A step forms the weights of the present parameters → samples answers →
 * grades → advantages (or takes the reference answers) → gradient → AdamW.
 */
import type { StepMetric } from '../../shared/contract.ts';
import { SingularError } from '../../shared/errors.ts';
import { clipScale, gradientNorm, initMoments, updateAdamW } from './adamw.ts';
import { givenBatch, sampledBatch, type BatchRequest } from './batch.ts';
import { scoreRows } from './evaluate.ts';
import type { TrainEvent } from './events.ts';
import type { Method, Parameters } from './methods/method.ts';
import { policyObjective } from './objective.ts';
import type { ScoredSet } from './rows.ts';
import { learningRateAt } from './schedule.ts';
import type { TrialState } from './state.ts';
import { mean, scoreInterval } from './statistics.ts';

export interface Trial extends BatchRequest {
  validation: ScoredSet;
  emit: (event: TrainEvent) => void;
  /** seconds, from any start */
  clock: () => number;
  /** told whenever sessions have run, for the peak of memory */
  ran: () => void;
}

const adamW = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/** The first parameters, and the base's score on the validation rows. */
export async function startTrial(trial: Trial): Promise<TrialState> {
  const { method, config, validation, emit } = trial;
  const parameters = method.initial(config.seed);
  const { scores } = await scored(trial, null);
  const score = mean(scores.map(mean));
  emit({ type: 'base', trial: trial.trial, score, rows: validation.prompts.length });
  return {
    step: 0, parameters, moments: Object.fromEntries(initMoments(new Map(Object.entries(parameters)))),
    baseValidation: score, best: { parameters: method.base(), step: 0, score }, validationsWithoutBest: 0, seconds: 0, answerTokens: 0,
  };
}

export async function trainStep(trial: Trial, state: TrialState): Promise<void> {
  const { model, config, method, emit, clock } = trial;
  const began = clock();
  const index = state.step;
  const batch = config.objective === 'policy-gradient' ? await sampledBatch(trial, state.parameters, index) : givenBatch(trial, index);
  trial.ran();
  const { sequences } = batch;
  const policy = await method.policy(state.parameters, { seed: config.seed, step: index });
  const sums = await policyObjective(model, policy, sequences, { klDirection: config.klDirection, gradient: true });
  trial.ran();

  const gradient = method.gradient(state.parameters, sums.gradient);
  const norm = gradientNorm(gradient);
  if (!Number.isFinite(norm)) throw new SingularError('bad-input', `The gradient of step ${index + 1} is not a number; lower the learning rate.`);
  const learningRate = learningRateAt(index + 1, config);
  // AdamW descends, and decays towards zero: the loss is −J, the parameter its distance from what the method decays to
  const distance = new Map(Object.entries(state.parameters).map(([name, values]) => [name, shifted(values, method, name, -1)]));
  updateAdamW(distance, gradient, new Map(Object.entries(state.moments)), { ...adamW, weightDecay: config.weightDecay }, { step: index + 1, learningRate, gradientScale: -clipScale(norm, config.clipNorm) });
  state.parameters = Object.fromEntries([...distance].map(([name, values]) => [name, shifted(values, method, name, 1)]));
  state.step = index + 1;

  const tokens = sequences.reduce((sum, { answer }) => sum + answer.length, 0);
  state.answerTokens += tokens;
  const kl = config.klDirection === 'policy-base' ? sums.klPolicyBase : sums.klBasePolicy;
  const gain = sequences.reduce((sum, { weight }, i) => sum + weight * sums.logLikelihood[i], 0);
  const price = sequences.reduce((sum, { klWeight }, i) => sum + klWeight * kl[i], 0);
  const seconds = clock() - began;
  const metric: StepMetric = {
    trial: trial.trial,
    step: state.step,
    loss: price - gain,
    ...batch.summary(sums),
    klPolicyBase: sums.klPolicyBase.reduce((a, b) => a + b, 0) / tokens,
    gradientNorm: norm,
    learningRate,
    tokensPerSecond: tokens / seconds,
    answerTokens: tokens,
    seconds,
  };
  emit({ type: 'step', metric, samples: batch.samples });
}

/** values + sign · centre */
function shifted(values: Float32Array, method: Method, name: string, sign: 1 | -1): Float32Array {
  const centre = method.centre(name);
  if (typeof centre === 'number') return centre === 0 ? values.slice() : values.map((value) => value + sign * centre);
  return values.map((value, i) => value + sign * centre[i]);
}

export async function validate(trial: Trial, state: TrialState): Promise<void> {
  const { scores } = await scored(trial, state.parameters);
  const score = mean(scores.map(mean));
  const best = score > state.best.score;
  if (best) state.best = { parameters: state.parameters, step: state.step, score };
  state.validationsWithoutBest = best ? 0 : state.validationsWithoutBest + 1;
  trial.emit({ type: 'validation', metric: { trial: trial.trial, step: state.step, score, interval: scoreInterval(scores), best, rows: trial.validation.prompts.length } });
}

const scored = (trial: Trial, parameters: Parameters | null): Promise<{ scores: number[][] }> => scoresOn(trial, trial.validation, parameters);

/** scores[row][sample] under the parameters, or of the base */
export async function scoresOn({ model, grader, method, signal, ran }: Pick<Trial, 'model' | 'grader' | 'method' | 'signal' | 'ran'>, { prompts, samples, sampling, stream }: ScoredSet, parameters: Parameters | null): Promise<{ scores: number[][] }> {
  const adaptation = parameters === null ? ({ kind: 'base' } as const) : ({ kind: 'merged', weights: await method.merged(parameters) } as const);
  const result = await scoreRows(model, prompts, adaptation, { grader, sampling, samples, stream, signal });
  ran();
  return result;
}
