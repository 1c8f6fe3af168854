/**
 * First pass by the base model's own hidden state, beyond the paper: the mean of the last layer over the question,
 * and over it a small softmax classifier that is fitted at once from a handful of each expert's rows. It abstains to
 * the base where it is not sure, or where the question is unlike all that it has seen: both limits come from rows
 * that were held out of its own fit.
 */
import type { Decision, EmbeddingState } from '../../../shared/adaptation.ts';
import type { LoadedModel } from '../../runtime/loaded-model.ts';
import { baseHiddenOf, sequenceFeeds } from '../../runtime/score.ts';
import { softmax } from './labels.ts';

const sequencesAtOnce = 32;

/** Mean of the final hidden state over all tokens of each prompt: [prompts][hiddenSize]. One forward pass of the base. */
export async function pooledHidden(model: LoadedModel, prompts: readonly (readonly number[])[]): Promise<Float32Array[]> {
  const size = model.config.hiddenSize;
  const result: Float32Array[] = [];
  for (let first = 0; first < prompts.length; first += sequencesAtOnce) {
    const part = prompts.slice(first, first + sequencesAtOnce);
    // every token but the first, as if it were an answer: its place is the one before it, so the last one is added
    const sequences = part.map((prompt) => ({ prompt: prompt.slice(0, 1), answer: [...prompt.slice(1), prompt[prompt.length - 1]] }));
    const hidden = await baseHiddenOf(model, sequenceFeeds(model, sequences).feeds);
    let at = 0;
    for (const { length } of part) {
      const mean = new Float32Array(size);
      for (let token = 0; token < length; token++) for (let i = 0; i < size; i++) mean[i] += hidden[at++] / length;
      result.push(mean);
    }
  }
  return result;
}

export interface EmbeddingExample {
  features: Float32Array;
  /** place of the expert, or null for what no expert is for */
  expert: number | null;
}

/** share of held-out own rows that may be sent to the base */
const abstained = 0.02;
const folds = 5;
const iterations = 200;
const decay = 1e-2;

/** @param examples at least one of each expert; those of no expert move the limits only */
export function fitEmbedding(examples: readonly EmbeddingExample[], classes: number): EmbeddingState {
  const own = examples.filter((example): example is EmbeddingExample & { expert: number } => example.expert !== null);
  for (let expert = 0; expert < classes; expert++) if (!own.some((example) => example.expert === expert)) throw new RangeError(`No example of expert ${expert}.`);
  const fitted = fit(own, classes);
  // confidence and distance of rows that the classifier was not fitted on
  const held: { confidence: number; distance: number }[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const kept = own.filter((_, i) => i % folds !== fold);
    if (new Set(kept.map(({ expert }) => expert)).size < classes) continue;
    const part = fit(kept, classes);
    own.forEach(({ features }, i) => {
      if (i % folds !== fold) return;
      const { probabilities, distance } = look(part, features);
      held.push({ confidence: Math.max(...probabilities), distance });
    });
  }
  const foreign = examples.filter(({ expert }) => expert === null).map(({ features }) => look(fitted, features).distance).sort((a, b) => a - b);
  const quantile = (values: readonly number[], share: number): number => values[Math.min(values.length - 1, Math.max(0, Math.round(share * (values.length - 1))))];
  const distances = held.map(({ distance }) => distance).sort((a, b) => a - b);
  const confidences = held.map(({ confidence }) => confidence).sort((a, b) => a - b);
  const reach = distances.length > 0 ? 1.1 * quantile(distances, 1 - abstained) : Infinity;
  // rows of no expert say where the border is: halfway to the nearest of them that lies beyond most own rows
  const beyond = foreign.find((distance) => distance > (distances.length > 0 ? quantile(distances, 0.9) : 0));
  return {
    ...fitted,
    leastConfidence: confidences.length > 0 ? Math.min(quantile(confidences, abstained), 0.9) : 1 / classes,
    farthest: beyond === undefined ? reach : Math.min(reach, (quantile(distances, 0.9) + beyond) / 2),
  };
}

/** The share of the base grows past one half where a limit is passed: so sure is the dispatcher that no expert is meant. */
export function dispatchByEmbedding(dispatcher: EmbeddingState, features: Float32Array): Decision {
  const { probabilities, distance } = look(dispatcher, features);
  const highest = Math.max(...probabilities);
  const foreign = logistic(12 * (distance / dispatcher.farthest - 1));
  const unsure = logistic(24 * (dispatcher.leastConfidence - highest));
  const base = Math.max(foreign, unsure);
  const expert = base > 0.5 ? null : probabilities.indexOf(highest);
  const shares = [...probabilities.map((probability) => probability * (1 - base)), base];
  return { expert, confidence: shares[expert ?? probabilities.length], probabilities: shares };
}

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

type Fitted = Omit<EmbeddingState, 'leastConfidence' | 'farthest'>;

function look({ mean, scale, weights, bias, centres }: Fitted, features: Float32Array): { probabilities: number[]; distance: number } {
  const x = standardised(mean, scale, features);
  const nearest = Math.min(...centres.map((centre) => squaredDistance(centre, x)));
  return { probabilities: softmax(weights.map((row, k) => bias[k] + dot(row, x))), distance: Math.sqrt(nearest / x.length) };
}

const standardised = (mean: Float32Array, scale: Float32Array, features: Float32Array): Float32Array => features.map((value, i) => (value - mean[i]) / scale[i]);

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function squaredDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum;
}

function meanOf(vectors: readonly Float32Array[]): Float32Array {
  const mean = new Float32Array(vectors[0].length);
  for (const vector of vectors) for (let i = 0; i < mean.length; i++) mean[i] += vector[i] / vectors.length;
  return mean;
}

/** Softmax regression on standardised features, by full-batch gradient descent with Nesterov's momentum; deterministic. */
function fit(examples: readonly (EmbeddingExample & { expert: number })[], classes: number): Fitted {
  const size = examples[0].features.length;
  const count = examples.length;
  const mean = meanOf(examples.map(({ features }) => features));
  const scale = meanOf(examples.map(({ features }) => features.map((value, i) => (value - mean[i]) ** 2))).map((value) => Math.sqrt(value) + 1e-6);
  const xs = examples.map(({ features }) => standardised(mean, scale, features));
  const weights = Array.from({ length: classes }, () => new Float32Array(size));
  const speed = Array.from({ length: classes }, () => new Float32Array(size));
  const bias = new Float32Array(classes);
  const rate = 2 / Math.sqrt(size);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const gradient = weights.map((row) => row.map((weight) => decay * weight));
    const biasGradient = new Float32Array(classes);
    xs.forEach((x, n) => {
      const probabilities = softmax(weights.map((row, k) => bias[k] + dot(row, x)));
      for (let k = 0; k < classes; k++) {
        const error = (probabilities[k] - (examples[n].expert === k ? 1 : 0)) / count;
        biasGradient[k] += error;
        const row = gradient[k];
        for (let i = 0; i < size; i++) row[i] += error * x[i];
      }
    });
    for (let k = 0; k < classes; k++) {
      bias[k] -= rate * biasGradient[k];
      const [row, velocity, slope] = [weights[k], speed[k], gradient[k]];
      for (let i = 0; i < size; i++) {
        velocity[i] = 0.9 * velocity[i] - rate * slope[i];
        row[i] += 0.9 * velocity[i] - rate * slope[i];
      }
    }
  }
  const centres = Array.from({ length: classes }, (_, k) => meanOf(xs.filter((_, n) => examples[n].expert === k)));
  return { classes, mean, scale, weights, bias, centres };
}
