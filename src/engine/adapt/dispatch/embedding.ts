/**
 * First pass by the base model's own hidden state, beyond the paper: the mean of the last layer over the question,
 * and over it a small softmax classifier that is fitted at once from a handful of each expert's rows. It abstains to
 * the base where it is not sure, or where the question is unlike all that it has seen: both limits come from rows
 * that were held out of its own fit.
 */
import type { LoadedModel } from '../../runtime/loaded-model.ts';
import { baseHiddenOf, sequenceFeeds } from '../../runtime/score.ts';
import { softmax } from './labels.ts';
import type { Decision } from './prompt.ts';

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

/** Plain data: stored with the library it was fitted for. Vectors are as long as the hidden state. */
export interface EmbeddingDispatcher {
  classes: number;
  mean: number[];
  scale: number[];
  /** [classes][features], and a bias each */
  weights: number[][];
  bias: number[];
  /** [classes][features]: mean standardised features of each class */
  centres: number[][];
  /** below this confidence, or beyond this distance from the nearest centre, it is the base */
  leastConfidence: number;
  farthest: number;
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
export function fitEmbedding(examples: readonly EmbeddingExample[], classes: number): EmbeddingDispatcher {
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

export function dispatchByEmbedding(dispatcher: EmbeddingDispatcher, features: Float32Array): Decision {
  const { probabilities, distance } = look(dispatcher, features);
  const confidence = Math.max(...probabilities);
  const base = distance > dispatcher.farthest || confidence < dispatcher.leastConfidence;
  return { expert: base ? null : probabilities.indexOf(confidence), confidence, probabilities: [...probabilities, 0] };
}

function look(dispatcher: Omit<EmbeddingDispatcher, 'leastConfidence' | 'farthest'>, features: Float32Array): { probabilities: number[]; distance: number } {
  const x = standardised(dispatcher, features);
  const probabilities = softmax(dispatcher.weights.map((weights, k) => weights.reduce((sum, weight, i) => sum + weight * x[i], dispatcher.bias[k])));
  const distance = Math.min(...dispatcher.centres.map((centre) => Math.sqrt(centre.reduce((sum, value, i) => sum + (value - x[i]) ** 2, 0) / x.length)));
  return { probabilities, distance };
}

const standardised = ({ mean, scale }: { mean: readonly number[]; scale: readonly number[] }, features: Float32Array): number[] => Array.from(features, (value, i) => (value - mean[i]) / scale[i]);

/** Softmax regression on standardised features, by full-batch gradient descent with Nesterov's momentum; deterministic. */
function fit(examples: readonly (EmbeddingExample & { expert: number })[], classes: number): Omit<EmbeddingDispatcher, 'leastConfidence' | 'farthest'> {
  const size = examples[0].features.length;
  const count = examples.length;
  const mean = Array.from({ length: size }, (_, i) => examples.reduce((sum, { features }) => sum + features[i], 0) / count);
  const scale = mean.map((centre, i) => Math.sqrt(examples.reduce((sum, { features }) => sum + (features[i] - centre) ** 2, 0) / count) + 1e-6);
  const xs = examples.map(({ features }) => standardised({ mean, scale }, features));
  const weights = Array.from({ length: classes }, () => new Array<number>(size).fill(0));
  const bias = new Array<number>(classes).fill(0);
  const speed = weights.map((row) => row.map(() => 0));
  const rate = 2 / Math.sqrt(size);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const gradient = weights.map((row) => row.map((weight) => decay * weight));
    const biasGradient = bias.map(() => 0);
    xs.forEach((x, n) => {
      const probabilities = softmax(weights.map((row, k) => row.reduce((sum, weight, i) => sum + weight * x[i], bias[k])));
      for (let k = 0; k < classes; k++) {
        const error = (probabilities[k] - (examples[n].expert === k ? 1 : 0)) / count;
        biasGradient[k] += error;
        const row = gradient[k];
        for (let i = 0; i < size; i++) row[i] += error * x[i];
      }
    });
    for (let k = 0; k < classes; k++) {
      bias[k] -= rate * biasGradient[k];
      for (let i = 0; i < size; i++) {
        speed[k][i] = 0.9 * speed[k][i] - rate * gradient[k][i];
        weights[k][i] += 0.9 * speed[k][i] - rate * gradient[k][i];
      }
    }
  }
  const centres = Array.from({ length: classes }, (_, k) => {
    const members = xs.filter((_, n) => examples[n].expert === k);
    return mean.map((_, i) => members.reduce((sum, x) => sum + x[i], 0) / members.length);
  });
  return { classes, mean, scale, weights, bias, centres };
}
