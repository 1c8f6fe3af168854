/**
 * The classification expert z^c (arXiv 2501.06252, section 3.2, strategy 2): SVF with REINFORCE on (question, expert)
 * pairs. The policy is the model's choice among the names, less its habit (see `labels.ts`), without which a name that
 * the base hardly ever says would hardly count; right is 1 and wrong −1.
 *
 * A choice among a few names needs no draw: of each question all names are scored, and the expectation is taken exactly,
 * `J = E_q[ Σ_c π(c|q) A(c|q) − λ Σ_c π(c|q) KL_c ]`. A is the reward standardised over the question's names, each
 * counting by its probability (the group baseline, arXiv 2402.03300, with the group's limit in place of samples). With p
 * the probability of the right name a question thus weighs √(p (1 − p)), not p (1 − p): one whose name is hardly ever said
 * is learned too. The gradient of log π(c|q) enters by the names' own log-likelihoods, because Σ_c π A = 0, so the
 * objective's graph serves as it is.
 */
import { classifierSteps, type Category } from '../../../shared/adaptation.ts';
import { quickPreset, type TrainingConfig } from '../../../shared/training.ts';
import type { ZVectors } from '../../../shared/matrices.ts';
import type { LoadedModel } from '../../runtime/loaded-model.ts';
import { beginningOf } from '../../runtime/continuation.ts';
import { Random } from '../../runtime/random.ts';
import { clipScale, gradientNorm, initMoments, updateAdamW } from '../../train/adamw.ts';
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
  /** share of right choices that the policy makes on the step's questions, in expectation */
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

export const quickClassifier: ClassifierConfig = { ...quickPreset, steps: classifierSteps, validateEvery: 4 };

const adamW = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 } as const;
const order = 0x6000_0000;
const habitQuestions = 128;
/** keeps a weight finite where a name is as good as never, or always, said */
const leastProbability = 1e-6;

export async function trainClassifier({ model, categories, training, validation, config, start, onStep, signal }: ClassifierRequest): Promise<Classifier> {
  const { prompt, beginning, names } = classificationTask(model, categories);
  const place = ({ expert }: ClassifierExample): number => expert ?? categories.length;
  const shuffled = new Random(config.seed, order).shuffle([...training]);
  const logProbs = async (questions: readonly ClassifierExample[], z: ZVectors): Promise<number[][]> => {
    const adaptation = await adaptationOf(model, { method: 'svf', z });
    return nameLogProbs(model, await beginningOf(model, beginning, adaptation), questions.map(({ question }) => prompt(question)), names, adaptation);
  };
  const habit = habitOf(await logProbs(shuffled.slice(0, habitQuestions), {}));
  const accuracy = async (z: ZVectors): Promise<number> => {
    const probabilities = probabilitiesOf(await logProbs(validation, z), habit);
    return mean(probabilities.map((row, i) => (row.indexOf(Math.max(...row)) === place(validation[i]) ? 1 : 0)));
  };

  let z: ZVectors = start ?? Object.fromEntries(model.checkpoint.matrices.map(({ name, rank }) => [name, new Float32Array(rank).fill(1)]));
  const moments = initMoments(new Map(Object.entries(z)));
  const baseAccuracy = await accuracy({});
  let best = { z, accuracy: start ? await accuracy(start) : baseAccuracy };
  let perfect = 0;
  for (let step = 1; step <= config.steps; step++) {
    signal.throwIfAborted();
    const batch = Array.from({ length: config.batchSize }, (_, i) => shuffled[((step - 1) * config.batchSize + i) % shuffled.length]);
    const probabilities = probabilitiesOf(await logProbs(batch, z), habit);
    const share = 1 / batch.length;
    const sequences = batch.flatMap((example, i) => {
      const ids = prompt(example.question);
      const advantages = choiceAdvantages(probabilities[i], place(example));
      return names.map((answer, name): WeightedSequence => ({
        prompt: ids,
        answer,
        weight: share * probabilities[i][name] * advantages[name],
        klWeight: share * probabilities[i][name] * config.klCoefficient,
      }));
    });
    const { gradient } = await objective(model, z, sequences, { klDirection: config.klDirection, gradient: true });
    const norm = gradientNorm(gradient);
    const distance = new Map(Object.entries(z).map(([name, values]) => [name, values.map((value) => value - 1)]));
    updateAdamW(distance, gradient, moments, adamW, { step, learningRate: learningRateAt(step, config), gradientScale: -clipScale(norm, config.clipNorm) });
    z = Object.fromEntries([...distance].map(([name, values]) => [name, values.map((value) => value + 1)]));

    const metric: ClassifierStep = { step, score: mean(probabilities.map((row, i) => row[place(batch[i])])), gradientNorm: norm };
    if (step % config.validateEvery === 0 || step === config.steps) {
      metric.validation = await accuracy(z);
      // of equals the later: it is surer
      if (metric.validation >= best.accuracy) best = { z, accuracy: metric.validation };
      perfect = metric.validation === 1 ? perfect + 1 : 0;
    }
    onStep?.(metric);
    if (perfect === 2) break;
  }
  return { ...best, habit, baseAccuracy };
}

/** Reward 1 for the right name and −1 for the others, standardised over the names as they are drawn. */
export function choiceAdvantages(probabilities: readonly number[], right: number): number[] {
  const p = Math.min(1 - leastProbability, Math.max(leastProbability, probabilities[right]));
  const deviation = 2 * Math.sqrt(p * (1 - p));
  return probabilities.map((_, name) => ((name === right ? 1 : -1) - (2 * p - 1)) / deviation);
}
