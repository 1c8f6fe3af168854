/** The score of a model under one adaptation on given rows: the share of right answers over rows × samples. */
import type { Interval, SampleDto, Sampling, TestScoreDto } from '../../shared/contract.ts';
import type { TaskRow } from '../host/protocol.ts';
import type { Adaptation, LoadedModel } from '../runtime/loaded-model.ts';
import type { Grader } from '../tasks/graders/grader.ts';
import { answerSeeds, gradedAnswers, promptsOf, toSample, type Prompt } from './answers.ts';
import { againstBase, mean, scoreInterval } from './statistics.ts';

export interface Evaluation {
  score: number;
  interval: Interval;
  rows: number;
  samples: SampleDto[];
  base?: { test: TestScoreDto; samples: SampleDto[] };
}

export interface EvaluationRequest {
  rows: readonly TaskRow[];
  adaptation: Adaptation;
  grader: Grader;
  raw: boolean;
  sampling: Sampling;
  samples: number;
  withBase?: boolean;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

const answersAtOnce = 256;
const samplesKept = 500;

/** Scores rows × samples; `scores[row][sample]`. A z per row is one for each prompt. */
export async function scoreRows(model: LoadedModel, prompts: readonly Prompt[], adaptation: Adaptation, request: Pick<EvaluationRequest, 'grader' | 'sampling' | 'samples' | 'onProgress' | 'signal'> & { stream: number }): Promise<{ scores: number[][]; answers: Awaited<ReturnType<typeof gradedAnswers>> }> {
  const { grader, sampling, samples, signal } = request;
  const jobs = prompts.flatMap((prompt, row) => Array.from({ length: samples }, () => ({ prompt, row })));
  const seeds = answerSeeds(sampling.seed, request.stream, jobs.length);
  const scores = prompts.map((): number[] => []);
  const answers: Awaited<ReturnType<typeof gradedAnswers>> = [];
  for (let first = 0; first < jobs.length; first += answersAtOnce) {
    const part = jobs.slice(first, first + answersAtOnce);
    const ofPart: Adaptation = adaptation.kind === 'per-row' ? { kind: 'per-row', z: part.map(({ row }) => adaptation.z[row]) } : adaptation;
    const graded = await gradedAnswers(model, part.map(({ prompt }) => prompt), ofPart, grader, {
      sampling,
      seeds: seeds.slice(first, first + answersAtOnce),
      ...(signal && { signal }),
    });
    graded.forEach((answer, i) => scores[part[i].row].push(answer.score));
    answers.push(...graded);
    request.onProgress?.(first + part.length, jobs.length);
  }
  return { scores, answers };
}

/** With the base, both answer the same prompts with the same seeds; its answers are step 0 and those under the adaptation step 1. */
export async function evaluate(model: LoadedModel, request: EvaluationRequest): Promise<Evaluation> {
  const { sampling, samples, withBase = false, onProgress } = request;
  const prompts = promptsOf(model, request.rows, request.raw);
  const answers = prompts.length * samples;
  const scored = (adaptation: Adaptation, before: number): ReturnType<typeof scoreRows> =>
    scoreRows(model, prompts, adaptation, { ...request, stream: 0, onProgress: (done) => onProgress?.(before + done, answers * (withBase ? 2 : 1)) });
  const shown = (of: Awaited<ReturnType<typeof scoreRows>>, step: number): SampleDto[] => of.answers.slice(0, samplesKept).map((answer, index) => toSample(model, answer, { trial: 0, step }, index, answer.score));
  const base = withBase ? await scored({ kind: 'base' }, 0) : null;
  const own = await scored(request.adaptation, base ? answers : 0);
  return {
    score: mean(own.scores.flat()), interval: scoreInterval(own.scores), rows: prompts.length, samples: shown(own, base ? 1 : 0),
    ...(base && { base: { test: { rows: prompts.length, samples, temperature: sampling.temperature, ...againstBase(base.scores, [own.scores]) }, samples: shown(base, 0) } }),
  };
}
