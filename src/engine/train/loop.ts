/**
 * SVF with REINFORCE, top to bottom (arXiv 2501.06252, section 3.1 and appendix A.3).
 *
 * What it leaves out of textbook policy gradients: no importance ratio and no clipping of it (every batch is used once,
 * on policy), no value network (rewards are compared with their batch, if at all), no entropy bonus. The KL term is
 * exact over the vocabulary at each place of the sampled answers, and differentiated.
 *
 * One step: form the weights of the present z → sample answers → grade → advantages → gradient → AdamW on z.
 */
import type { SampleDto, StepMetric, ValidationMetric, Sampling } from '../../shared/contract.ts';
import { attentionProjections, mlpProjections, type ZVectors } from '../../shared/matrices.ts';
import { SingularError } from '../../shared/errors.ts';
import type { TrainingConfig } from '../../shared/training.ts';
import type { TaskRow, TrainCheckpoint, TrainOutcome } from '../host/protocol.ts';
import type { LoadedModel } from '../runtime/loaded-model.ts';
import { Random } from '../runtime/random.ts';
import type { Grader } from '../tasks/graders/grader.ts';
import { splitRows } from '../tasks/task.ts';
import { clipScale, gradientNorm, initMoments, updateAdamW } from './adamw.ts';
import { advantages, rewardOf } from './advantage.ts';
import { answerSeeds, gradedAnswers, promptsOf, toSample, type GradedAnswer, type Prompt } from './answers.ts';
import { scoreRows } from './evaluate.ts';
import { objective } from './objective.ts';
import { learningRateAt } from './schedule.ts';
import { restoreState, saveState, type TrainingState } from './state.ts';
import { mean, pairedGain, scoreInterval } from './statistics.ts';

export type TrainEvent =
  | { type: 'base'; score: number; rows: number }
  | { type: 'step'; metric: StepMetric; samples: SampleDto[] }
  | { type: 'validation'; metric: ValidationMetric }
  | { type: 'checkpoint'; checkpoint: TrainCheckpoint }
  | { type: 'progress'; done: number; total: number; secondsLeft: number; note: string };

export interface TrainRequest {
  model: LoadedModel;
  rows: readonly TaskRow[];
  grader: Grader;
  raw: boolean;
  config: TrainingConfig;
  checkpoint?: TrainCheckpoint;
  emit: (event: TrainEvent) => void;
  /** what the person asked for meanwhile; looked at between steps */
  steering: { action: 'keep' | 'pause' | null };
  /** seconds, from any start */
  clock: () => number;
  signal: AbortSignal;
}

/** Seeds of answers are drawn from streams of their own, so that no two sets share one. */
const streams = { order: 0x1000_0000, init: 0x2000_0000, validation: 0x3000_0000, final: 0x3000_0001, step: 1 } as const;
const adamW = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/** Thrown at a step boundary when a training is paused; its checkpoint has been emitted. */
export class Paused extends Error {
  override readonly name = 'Paused';
}

export async function train(request: TrainRequest): Promise<TrainOutcome> {
  const { model, config, emit, steering, clock, signal } = request;
  const { train: trainingRows, validation: validationRows } = splitRows(request.rows, config.validationShare, config.seed);
  const training = promptsOf(model, trainingRows, request.raw);
  const validation = validationSet(promptsOf(model, validationRows, request.raw), config);
  const state = request.checkpoint ? restoreState(request.checkpoint.blob) : await start(request, validation);
  let last = clock();

  while (state.step < config.steps) {
    signal.throwIfAborted();
    if (steering.action !== null) {
      emitCheckpoint(state, emit);
      if (steering.action === 'pause') throw new Paused();
      // what was learned since the last validation counts too
      if (state.step % config.validateEvery !== 0) await validate(request, state, validation);
      break;
    }
    await step(request, state, training);
    state.seconds += clock() - last;
    last = clock();
    const finished = state.step === config.steps;
    if (state.step % config.validateEvery === 0 || finished) await validate(request, state, validation);
    if (state.step % config.checkpointEvery === 0 && !finished) emitCheckpoint(state, emit);
    emit({ type: 'progress', done: state.step, total: config.steps, secondsLeft: (state.seconds / state.step) * (config.steps - state.step), note: `step ${state.step} of ${config.steps}` });
    if (config.patience > 0 && state.validationsWithoutBest >= config.patience) break;
  }
  return outcome(request, state, validation);
}

/** The tuned matrices at their first z, and the base's score on the validation rows. */
async function start({ model, config, grader, emit, signal }: TrainRequest, validation: ValidationSet): Promise<TrainingState> {
  const z = initialZ(model, config);
  const { scores } = await scoreRows(model, validation.prompts, {}, { grader, sampling: validation.sampling, samples: validation.samples, stream: streams.validation, signal });
  const baseScores = scores.map(mean);
  const score = mean(baseScores);
  emit({ type: 'base', score, rows: baseScores.length });
  const moments = Object.fromEntries(initMoments(new Map(Object.entries(z))));
  const untouched = Object.fromEntries(Object.entries(z).map(([name, { length }]) => [name, new Float32Array(length).fill(1)]));
  return { step: 0, z, moments, baseScores, best: { z: untouched, step: 0, score }, validationsWithoutBest: 0, seconds: 0 };
}

async function step({ model, config, grader, emit, clock, signal }: TrainRequest, state: TrainingState, training: readonly Prompt[]): Promise<void> {
  const began = clock();
  const index = state.step;
  const prompts = promptsOfStep(training, config, index);
  const sampling = samplingOf(config, config.temperature);
  const seeds = answerSeeds(config.seed, streams.step + index, prompts.length);
  const answers = await gradedAnswers(model, prompts, { kind: 'merged', weights: await model.merge(state.z) }, grader, { sampling, seeds, signal });

  const rewards = answers.map(({ score }) => rewardOf(score, config.rewardWrong));
  const weights = advantages(rewards, config.baseline, config.samplesPerPrompt);
  const share = 1 / answers.length;
  const sequences = answers.map(({ prompt, ids }, i) => ({ prompt: prompt.ids, answer: ids, weight: weights[i] * share, klWeight: config.klCoefficient * share }));
  const { gradient, logLikelihood, klPolicyBase, klBasePolicy } = await objective(model, state.z, sequences, { klDirection: config.klDirection, gradient: true });

  // AdamW descends, and decays towards what it holds: the loss is −J, the parameter z − 1
  const norm = gradientNorm(gradient);
  if (!Number.isFinite(norm)) throw new SingularError('bad-input', `The gradient of step ${index + 1} is not a number; lower the learning rate.`);
  const learningRate = learningRateAt(index + 1, config);
  const deviation = new Map(Object.entries(state.z).map(([name, z]) => [name, z.map((value) => value - 1)]));
  updateAdamW(deviation, gradient, new Map(Object.entries(state.moments)), { ...adamW, weightDecay: config.weightDecay }, { step: index + 1, learningRate, gradientScale: -clipScale(norm, config.clipNorm) });
  state.z = Object.fromEntries([...deviation].map(([name, values]) => [name, values.map((value) => value + 1)]));
  state.step = index + 1;

  const tokens = answers.reduce((sum, { ids }) => sum + ids.length, 0);
  const kl = config.klDirection === 'policy-base' ? klPolicyBase : klBasePolicy;
  const gain = sequences.reduce((sum, { weight }, i) => sum + weight * logLikelihood[i], 0);
  const price = sequences.reduce((sum, { klWeight }, i) => sum + klWeight * kl[i], 0);
  const seconds = clock() - began;
  const metric: StepMetric = {
    step: state.step,
    loss: price - gain,
    reward: mean(rewards),
    score: mean(answers.map(({ score }) => score)),
    klPolicyBase: klPolicyBase.reduce((a, b) => a + b, 0) / tokens,
    gradientNorm: norm,
    learningRate,
    tokensPerSecond: tokens / seconds,
    answerTokens: tokens,
    seconds,
  };
  emit({ type: 'step', metric, samples: samplesOf(model, answers, state.step, rewards) });
}

async function validate({ model, config, grader, emit, signal }: TrainRequest, state: TrainingState, validation: ValidationSet): Promise<void> {
  const { scores } = await scoreRows(model, validation.prompts, state.z, { grader, sampling: validation.sampling, samples: validation.samples, stream: streams.validation, signal });
  const score = mean(scores.map(mean));
  const best = score > state.best.score;
  if (best) state.best = { z: state.z, step: state.step, score };
  state.validationsWithoutBest = best ? 0 : state.validationsWithoutBest + 1;
  emit({ type: 'validation', metric: { step: state.step, score, interval: scoreInterval(scores), best, rows: config.validationRows } });
}

/**
 * The best checkpoint against the base, once more with fresh samples: the answers that chose it would flatter it.
 * (Greedy answers are the same again; there the choice among few checkpoints is the only flattery left.)
 */
async function outcome({ model, config, grader, clock, signal }: TrainRequest, state: TrainingState, validation: ValidationSet): Promise<TrainOutcome> {
  const began = clock();
  const score = async (z: ZVectors): Promise<number[]> => {
    const { scores } = await scoreRows(model, validation.prompts, z, { grader, sampling: validation.sampling, samples: validation.samples, stream: streams.final, signal });
    return scores.map(mean);
  };
  const base = await score({});
  const chosen = await score(state.best.z);
  return {
    z: state.best.z,
    baseScore: mean(base),
    score: mean(chosen),
    gain: pairedGain(base, chosen),
    bestStep: state.best.step,
    steps: state.step,
    seconds: state.seconds + clock() - began,
    stoppedEarly: state.step < config.steps,
  };
}

export function initialZ(model: Pick<LoadedModel, 'checkpoint'>, { modules, layers, initMean, initDeviation, seed }: TrainingConfig): ZVectors {
  const { matrices, config } = model.checkpoint;
  const beyond = layers === 'all' ? undefined : layers.find((layer) => layer >= config.layers);
  if (beyond !== undefined) throw new SingularError('bad-input', `layers names layer ${beyond}; the model has layers 0 to ${config.layers - 1}.`);
  const chosen = modules === 'both' ? [...attentionProjections, ...mlpProjections] : modules === 'mlp' ? mlpProjections : attentionProjections;
  const random = new Random(seed, streams.init);
  const tuned = matrices.filter(({ layer, projection }) => chosen.includes(projection) && (layers === 'all' || layers.includes(layer)));
  return Object.fromEntries(tuned.map(({ name, rank }) => [name, Float32Array.from({ length: rank }, () => initMean + initDeviation * random.normal())]));
}

interface ValidationSet {
  prompts: Prompt[];
  samples: number;
  sampling: Sampling;
}

/** Few rows are answered several times where answers are sampled, so that a score means something. */
function validationSet(prompts: readonly Prompt[], config: TrainingConfig): ValidationSet {
  const chosen = prompts.slice(0, config.validationRows);
  const samples = config.validationTemperature > 0 ? Math.max(1, Math.round(config.validationRows / chosen.length)) : 1;
  return { prompts: chosen, samples, sampling: samplingOf(config, config.validationTemperature) };
}

const samplingOf = (config: TrainingConfig, temperature: number): Sampling => ({ maxTokens: config.maxTokens, temperature, topP: config.topP, topK: 0, seed: config.seed, stop: [] });

/** Prompts in the order of seeded passes over the rows, each `samplesPerPrompt` times. */
function promptsOfStep(training: readonly Prompt[], { batchSize, samplesPerPrompt, seed }: TrainingConfig, step: number): Prompt[] {
  const distinct = Math.max(1, Math.floor(batchSize / samplesPerPrompt));
  return Array.from({ length: distinct }, (_, i) => {
    const at = step * distinct + i;
    return training[orderOfPass(training.length, seed, Math.floor(at / training.length))[at % training.length]];
  }).flatMap((prompt) => Array.from({ length: samplesPerPrompt }, () => prompt));
}

const orders = new Map<string, number[]>();
function orderOfPass(count: number, seed: number, pass: number): number[] {
  const key = `${count}:${seed}:${pass}`;
  let order = orders.get(key);
  if (!order) {
    order = new Random(seed, streams.order + pass).shuffle(Array.from({ length: count }, (_, i) => i));
    if (orders.size > 4) orders.clear();
    orders.set(key, order);
  }
  return order;
}

const samplesKept = 64;
const samplesOf = (model: LoadedModel, answers: readonly GradedAnswer[], step: number, rewards: readonly number[]): SampleDto[] =>
  answers.slice(0, samplesKept).map((answer, index) => toSample(model, answer, step, index, rewards[index]));

const emitCheckpoint = (state: TrainingState, emit: TrainRequest['emit']): void =>
  emit({ type: 'checkpoint', checkpoint: { step: state.step, blob: saveState(state) } });
