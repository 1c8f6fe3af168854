/**
 * The classification expert z^c (arXiv 2501.06252, section 3.2, strategy 2): SVF with REINFORCE on (question, expert)
 * pairs. The policy is the model's choice among the names, less its habit (see `labels.ts`), without which a name that
 * the base hardly ever says would never be drawn. A name is drawn, right is 1 and wrong −1. The gradient of the
 * log-probability of a choice among names is that of the names' own log-likelihoods, weighted by (chosen − probability),
 * so the objective's graph serves as it is.
 */
import type { Category } from '../../../shared/adaptation.ts';
import { quickPreset, type TrainingConfig } from '../../../shared/training.ts';
import type { ZVectors } from '../../../shared/matrices.ts';
import type { LoadedModel } from '../../runtime/loaded-model.ts';
import { Random } from '../../runtime/random.ts';
import { clipScale, gradientNorm, initMoments, updateAdamW } from '../../train/adamw.ts';
import { advantages } from '../../train/advantage.ts';
import { adaptationOf } from '../../train/methods/index.ts';
import { objective, type WeightedSequence } from '../../train/objective.ts';
import { learningRateAt } from '../../train/schedule.ts';
import { mean } from '../../train/statistics.ts';
import { habitOf, nameLogProbs, probabilitiesOf } from './labels.ts';
import { classificationTask } from './prompt.ts';

export interface ClassifierExample {
  question: string;
  /** place of the expert, or null for `others` */
  expert: number | null;
}

export interface ClassifierRequest {
  model: LoadedModel;
  categories: readonly Category[];
  training: readonly ClassifierExample[];
  /** chooses the best step; not trained on */
  validation: readonly ClassifierExample[];
  config: ClassifierConfig;
  /** goes on from the z of an older library; the base where it is left out */
  start?: ZVectors;
  onStep?: (metric: ClassifierStep) => void;
  signal: AbortSignal;
}

export type ClassifierConfig = Pick<TrainingConfig, 'steps' | 'batchSize' | 'learningRate' | 'klCoefficient' | 'klDirection' | 'clipNorm' | 'schedule' | 'warmupSteps' | 'seed' | 'validateEvery'>;

export interface ClassifierStep {
  step: number;
  /** share of right choices among those drawn */
  score: number;
  gradientNorm: number;
  /** share of right choices on the validation examples, where they were looked at */
  validation?: number;
}

/** Used by `dispatchByPrompt` together. */
export interface Classifier {
  z: ZVectors;
  habit: number[];
  /** share of right choices on the validation examples, with z and with the base */
  accuracy: number;
  baseAccuracy: number;
}

export const quickClassifier: ClassifierConfig = { ...quickPreset, steps: 36, learningRate: 3e-2, validateEvery: 4 };

const adamW = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 } as const;
const order = 0x6000_0000;
const habitQuestions = 128;

export async function trainClassifier({ model, categories, training, validation, config, start, onStep, signal }: ClassifierRequest): Promise<Classifier> {
  const { prompt, names } = classificationTask(model, categories);
  const place = ({ expert }: ClassifierExample): number => expert ?? categories.length;
  const shuffled = new Random(config.seed, order).shuffle([...training]);
  const logProbs = async (questions: readonly ClassifierExample[], z: ZVectors): Promise<number[][]> =>
    nameLogProbs(model, questions.map(({ question }) => prompt(question)), names, await adaptationOf(model, { method: 'svf', z }));
  const habit = habitOf(await logProbs(shuffled.slice(0, habitQuestions), {}));
  const accuracy = async (z: ZVectors): Promise<number> => {
    const probabilities = probabilitiesOf(await logProbs(validation, z), habit);
    return mean(probabilities.map((row, i) => (row.indexOf(Math.max(...row)) === place(validation[i]) ? 1 : 0)));
  };

  let z: ZVectors = start ?? Object.fromEntries(model.checkpoint.matrices.map(({ name, rank }) => [name, new Float32Array(rank).fill(1)]));
  const moments = initMoments(new Map(Object.entries(z)));
  const baseAccuracy = await accuracy({});
  let best = { z, accuracy: start ? await accuracy(start) : baseAccuracy };
  for (let step = 1; step <= config.steps; step++) {
    signal.throwIfAborted();
    const random = new Random(config.seed, step);
    const batch = Array.from({ length: config.batchSize }, (_, i) => shuffled[((step - 1) * config.batchSize + i) % shuffled.length]);
    const probabilities = probabilitiesOf(await logProbs(batch, z), habit);
    const drawn = probabilities.map((row) => draw(row, random.uniform()));
    const right = drawn.map((name, i) => (name === place(batch[i]) ? 1 : 0));
    const weights = advantages(right.map((value) => 2 * value - 1), 'batch', 1);
    const share = 1 / batch.length;
    const sequences = batch.flatMap(({ question }, i) => {
      const ids = prompt(question);
      return names.map((answer, name): WeightedSequence => ({
        prompt: ids,
        answer,
        weight: weights[i] * share * ((name === drawn[i] ? 1 : 0) - probabilities[i][name]),
        klWeight: name === drawn[i] ? config.klCoefficient * share : 0,
      }));
    });
    const { gradient } = await objective(model, z, sequences, { klDirection: config.klDirection, gradient: true });
    const norm = gradientNorm(gradient);
    const distance = new Map(Object.entries(z).map(([name, values]) => [name, values.map((value) => value - 1)]));
    updateAdamW(distance, gradient, moments, adamW, { step, learningRate: learningRateAt(step, config), gradientScale: -clipScale(norm, config.clipNorm) });
    z = Object.fromEntries([...distance].map(([name, values]) => [name, values.map((value) => value + 1)]));

    const metric: ClassifierStep = { step, score: mean(right), gradientNorm: norm };
    if (step % config.validateEvery === 0 || step === config.steps) {
      metric.validation = await accuracy(z);
      if (metric.validation > best.accuracy) best = { z, accuracy: metric.validation };
    }
    onStep?.(metric);
    if (best.accuracy === 1) break;
  }
  return { ...best, habit, baseAccuracy };
}

function draw(probabilities: readonly number[], uniform: number): number {
  let left = uniform;
  for (const [name, probability] of probabilities.entries()) {
    left -= probability;
    if (left < 0) return name;
  }
  return probabilities.length - 1;
}
