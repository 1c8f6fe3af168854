/** Answers to task rows, sampled as one batch and graded: what a training step, a validation and an evaluation share. */
import type { SampleDto, Sampling } from '../../shared/contract.ts';
import type { TaskRow } from '../host/protocol.ts';
import type { Adaptation, LoadedModel } from '../runtime/loaded-model.ts';
import { generate } from '../runtime/generate.ts';
import { Random } from '../runtime/random.ts';
import { StopWatcher } from '../runtime/stop.ts';
import type { Grader } from '../tasks/graders/grader.ts';

export interface Prompt {
  row: TaskRow;
  ids: readonly number[];
}

export interface GradedAnswer {
  prompt: Prompt;
  /** tokens of the answer, its stop token included */
  ids: readonly number[];
  /** of each token, under the model that answered, at temperature 1 */
  logProbs: readonly number[];
  text: string;
  score: number;
  reason: string;
}

export interface AnswerOptions {
  sampling: Sampling;
  /** one for each prompt */
  seeds: readonly number[];
  signal?: AbortSignal;
}

export const promptsOf = (model: LoadedModel, rows: readonly TaskRow[], raw: boolean): Prompt[] =>
  rows.map((row) => ({ row, ids: model.tokenizer.promptIds(row.messages, raw).ids }));

export async function gradedAnswers(model: LoadedModel, prompts: readonly Prompt[], adaptation: Adaptation, grader: Grader, { sampling, seeds, signal }: AnswerOptions): Promise<GradedAnswer[]> {
  const stops = sampling.stop.length > 0 ? prompts.map(() => new StopWatcher(model.tokenizer, sampling.stop)) : [];
  const generated = await generate(model, {
    prompts: prompts.map(({ ids }) => ids),
    adaptation,
    seeds,
    maxTokens: sampling.maxTokens,
    temperature: sampling.temperature,
    topP: sampling.topP,
    topK: sampling.topK,
    stopIds: new Set(model.tokenizer.eosTokenIds),
    ...(stops.length > 0 && { onToken: (row, id) => stops[row].sees(id) }),
    ...(signal && { signal }),
  });
  signal?.throwIfAborted();
  const texts = generated.map(({ ids }, i) => stops[i]?.finish() ?? model.tokenizer.decode(ids, { skipSpecialTokens: true }));
  const grades = await grader.gradeBatch(prompts.map(({ row }, i) => ({ answer: texts[i], row })));
  return prompts.map((prompt, i) => ({ prompt, ids: generated[i].ids, logProbs: generated[i].logProbs, text: texts[i], ...grades[i] }));
}

/** A seed for each answer of a set: the same set of answers for the same seed and stream, whatever ran before. */
export function answerSeeds(seed: number, stream: number, count: number): number[] {
  const random = new Random(seed, stream);
  return Array.from({ length: count }, () => random.bits());
}

export const toSample = (model: LoadedModel, answer: GradedAnswer, { trial, step }: { trial: number; step: number }, index: number, reward: number): SampleDto => ({
  trial,
  step,
  index,
  row: answer.prompt.row.row,
  prompt: model.tokenizer.decode(answer.prompt.ids, { skipSpecialTokens: true }).trim(),
  answer: answer.text,
  reference: answer.prompt.row.reference,
  score: answer.score,
  reward,
  reason: answer.reason,
});
