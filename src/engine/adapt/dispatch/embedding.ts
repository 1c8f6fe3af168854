/**
 * First pass by the base model's own hidden state, beyond the paper: the mean of the last layer over the question,
 * and over it a small softmax classifier that is fitted at once from a handful of each expert's rows, and of rows for
 * no expert where there are some. It abstains to the base for a question like the latter, where it is not sure, or where
 * the question is unlike all that it has seen: both limits come from rows that were held out of its own fit.
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

/** @param examples at least one of each expert; those of no expert, where there are some, are a class of their own */
export function fitEmbedding(examples: readonly EmbeddingExample[], classes: number): EmbeddingState {
  for (let expert = 0; expert < classes; expert++) if (!examples.some((example) => example.expert === expert)) throw new RangeError(`No example of expert ${expert}.`);
  const all = examples.map(({ features, expert }) => ({ features, label: expert ?? classes }));
  const labels = new Set(all.map(({ label }) => label)).size;
  const fitted = { classes, ...fit(all, labels) };
  // confidence and distance of own rows that the classifier was not fitted on
  const held: { confidence: number; distance: number }[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const kept = all.filter((_, i) => i % folds !== fold);
    if (new Set(kept.map(({ label }) => label)).size < labels) continue;
    const part = { classes, ...fit(kept, labels) };
    all.forEach(({ features, label }, i) => {
      if (i % folds !== fold || label === classes) return;
      const { probabilities, distance } = look(part, features);
      held.push({ confidence: Math.max(...probabilities.slice(0, classes)), distance });
    });
  }
  if (held.length === 0) return { ...fitted, leastConfidence: 1 / labels, farthest: Infinity };
  const quantile = (values: readonly number[], share: number): number => values.toSorted((a, b) => a - b)[Math.round(share * (values.length - 1))];
  return {
    ...fitted,
    leastConfidence: Math.min(quantile(held.map(({ confidence }) => confidence), abstained), 0.9),
    farthest: 1.1 * quantile(held.map(({ distance }) => distance), 1 - abstained),
  };
}

/** The share of the base is that of no expert's rows, and outgrows the best expert's where a limit is passed. */
export function dispatchByEmbedding(dispatcher: EmbeddingState, features: Float32Array): Decision {
  const { classes } = dispatcher;
  const { probabilities, distance } = look(dispatcher, features);
  const own = probabilities.slice(0, classes);
  const highest = Math.max(...own);
  const beyond = Math.max(12 * (distance / dispatcher.farthest - 1), 24 * (dispatcher.leastConfidence - highest));
  const base = Math.max(probabilities[classes] ?? 0, highest * Math.exp(Math.min(beyond, 50)));
  const total = own.reduce((sum, share) => sum + share, base);
  const shares = [...own, base].map((share) => share / total);
  const expert = base > highest ? null : own.indexOf(highest);
  return { expert, confidence: shares[expert ?? classes], probabilities: shares };
}

type Fitted = Omit<EmbeddingState, 'leastConfidence' | 'farthest'>;

/** Probabilities of the experts, and of no expert where that was learned; the distance to the nearest expert's centre. */
function look({ classes, mean, scale, weights, bias, centres }: Fitted, features: Float32Array): { probabilities: number[]; distance: number } {
  const x = standardised(mean, scale, features);
  const nearest = Math.min(...centres.slice(0, classes).map((centre) => squaredDistance(centre, x)));
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
function fit(examples: readonly { features: Float32Array; label: number }[], labels: number): Omit<Fitted, 'classes'> {
  const size = examples[0].features.length;
  const count = examples.length;
  const mean = meanOf(examples.map(({ features }) => features));
  const scale = meanOf(examples.map(({ features }) => features.map((value, i) => (value - mean[i]) ** 2))).map((value) => Math.sqrt(value) + 1e-6);
  const xs = examples.map(({ features }) => standardised(mean, scale, features));
  const weights = Array.from({ length: labels }, () => new Float32Array(size));
  const speed = Array.from({ length: labels }, () => new Float32Array(size));
  const bias = new Float32Array(labels);
  const rate = 2 / Math.sqrt(size);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const gradient = weights.map((row) => row.map((weight) => decay * weight));
    const biasGradient = new Float32Array(labels);
    xs.forEach((x, n) => {
      const probabilities = softmax(weights.map((row, k) => bias[k] + dot(row, x)));
      for (let k = 0; k < labels; k++) {
        const error = (probabilities[k] - (examples[n].label === k ? 1 : 0)) / count;
        biasGradient[k] += error;
        const row = gradient[k];
        for (let i = 0; i < size; i++) row[i] += error * x[i];
      }
    });
    for (let k = 0; k < labels; k++) {
      bias[k] -= rate * biasGradient[k];
      const [row, velocity, slope] = [weights[k], speed[k], gradient[k]];
      for (let i = 0; i < size; i++) {
        velocity[i] = 0.9 * velocity[i] - rate * slope[i];
        row[i] += 0.9 * velocity[i] - rate * slope[i];
      }
    }
  }
  const centres = Array.from({ length: labels }, (_, k) => meanOf(xs.filter((_, n) => examples[n].label === k)));
  return { mean, scale, weights, bias, centres };
}
