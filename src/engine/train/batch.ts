/** The answers of one step, weighted: sampled and rewarded (`policy-gradient`), or given (`next-token`). */
import type { SampleDto, Sampling } from '../../shared/contract.ts';
import type { TrainingConfig } from '../../shared/training.ts';
import type { LoadedModel } from '../runtime/loaded-model.ts';
import { Random } from '../runtime/random.ts';
import type { Grader } from '../tasks/graders/grader.ts';
import { advantages, rewardOf } from './advantage.ts';
import { answerSeeds, gradedAnswers, toSample, type Prompt } from './answers.ts';
import { demonstrationIds } from './demonstrations.ts';
import type { Method, Parameters } from './methods/method.ts';
import { streams } from './methods/streams.ts';
import type { ObjectiveSums, WeightedSequence } from './objective.ts';
import { mean } from './statistics.ts';

export interface Batch {
  sequences: WeightedSequence[];
  samples: SampleDto[];
  /** what the step is remembered by, of the sums that its objective gave */
  summary: (sums: ObjectiveSums) => { reward: number; score: number };
}

export interface BatchRequest {
  model: LoadedModel;
  grader: Grader;
  raw: boolean;
  config: TrainingConfig;
  method: Method;
  trial: number;
  training: readonly Prompt[];
  signal: AbortSignal;
}

export const samplingOf = (config: TrainingConfig, temperature: number, seed: number): Sampling => ({ maxTokens: config.maxTokens, temperature, topP: config.topP, topK: 0, seed, stop: [] });

const samplesKept = 64;

/** `step` counts from 0. */
export async function sampledBatch({ model, grader, config, method, trial, training, signal }: BatchRequest, parameters: Parameters, step: number): Promise<Batch> {
  const { batchSize, samplesPerPrompt, klCoefficient } = config;
  const prompts = promptsOfStep(training, Math.max(1, Math.floor(batchSize / samplesPerPrompt)), config.seed, step).flatMap((prompt) => Array.from({ length: samplesPerPrompt }, () => prompt));
  const seeds = answerSeeds(config.seed, streams.step + step, prompts.length);
  const answers = await gradedAnswers(model, prompts, { kind: 'merged', weights: await method.merged(parameters) }, grader, { sampling: samplingOf(config, config.temperature, config.seed), seeds, signal });
  const rewards = answers.map(({ score }) => rewardOf(score, config.rewardWrong));
  const weights = advantages(rewards, config.baseline, samplesPerPrompt);
  const share = 1 / answers.length;
  return {
    sequences: answers.map(({ prompt, ids }, i) => ({ prompt: prompt.ids, answer: ids, weight: weights[i] * share, klWeight: klCoefficient * share })),
    samples: answers.slice(0, samplesKept).map((answer, index) => toSample(model, answer, { trial, step: step + 1 }, index, rewards[index])),
    summary: () => ({ reward: mean(rewards), score: mean(answers.map(({ score }) => score)) }),
  };
}

/**
 * `batchSize` reference answers, nothing sampled: J is the mean log-likelihood of their tokens, less λ times the mean KL at
 * them. In place of a reward stands that log-likelihood, in place of a score the (geometric) mean probability of a token.
 */
export function givenBatch({ model, raw, config, training }: Pick<BatchRequest, 'model' | 'raw' | 'config' | 'training'>, step: number): Batch {
  const prompts = promptsOfStep(training, config.batchSize, config.seed, step);
  const answers = prompts.map((prompt) => demonstrationIds(model, prompt, raw, config.maxTokens));
  const tokens = answers.reduce((sum, { length }) => sum + length, 0);
  const share = 1 / Math.max(1, tokens);
  return {
    sequences: prompts.map(({ ids }, i) => ({ prompt: ids, answer: answers[i], weight: share, klWeight: config.klCoefficient * share })),
    samples: [],
    summary: ({ logLikelihood }) => {
      const perToken = logLikelihood.reduce((a, b) => a + b, 0) * share;
      return { reward: perToken, score: Math.exp(perToken) };
    },
  };
}

/** `count` prompts in the order of seeded passes over the rows. */
function promptsOfStep(training: readonly Prompt[], count: number, seed: number, step: number): Prompt[] {
  return Array.from({ length: count }, (_, i) => {
    const at = step * count + i;
    return training[orderOfPass(training.length, seed, Math.floor(at / training.length))[at % training.length]];
  });
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
