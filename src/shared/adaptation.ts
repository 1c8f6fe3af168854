/** Self-adaptation: how a mix is searched for with a few examples, and how a question finds its expert. */
import { z } from 'zod';
import type { Interval, JobState, TestScoreDto } from './contract.ts';
import type { ZVectors } from './matrices.ts';
import { mixForms } from './mix.ts';
import type { TaskReading } from './task.ts';

/** arXiv 2501.06252, section 3.2 and appendix: few-shot adaptation by a search over α. The command line's `--set` uses the same keys. */
export const searchConfigSchema = z.strictObject({
  optimiser: z.enum(['cem', 'cma-es']).describe('Cross-entropy method (the paper’s) or separable CMA-ES'),
  perLayer: z.boolean().describe('One α for each expert and layer instead of one for each expert'),
  form: z.enum(mixForms).describe('What α weigh: ways off the base (base-anchored), or the experts whole, as the paper has it (sum); the same where they add up to 1'),
  normalised: z.boolean().describe('α are divided by their sum, so that they share out one whole; otherwise free'),
  examples: z.int().min(1).max(10_000).describe('Rows that candidates are tried on'),
  selectionRows: z.int().min(0).max(10_000).describe('Other rows that the best candidates, the base and each expert alone are compared on at the end; 0 takes the best of the search'),
  testRows: z.int().min(0).max(100_000).describe('Rows of the final score, which nothing was searched or chosen on'),
  population: z.int().min(4).max(1024).describe('Candidates of a generation'),
  eliteShare: z.number().gt(0).max(1).describe('Share of the population that the next generation is fitted to (cross-entropy method)'),
  generations: z.int().min(1).max(10_000).describe('Most generations'),
  deviation: z.number().gt(0).max(10).describe('Deviation of α at the start'),
  deviationFloor: z.number().min(0).max(1).describe('Candidates are never drawn closer together than this, so that a few lucky ones do not end the search'),
  tolerance: z.number().min(0).max(1).default(0.03).describe('A search has converged where the deviation of every α, before its floor, is at most this; 0 never'),
  smoothing: z.number().min(0).lt(1).describe('Share of the old mean and deviation that stays (cross-entropy method)'),
  low: z.number().min(-10).max(10).describe('Smallest α'),
  high: z.number().min(-10).max(10).describe('Largest α'),
  tieBreak: z.boolean().describe('Among equal scores, the mean log-likelihood of a candidate’s own right answers decides'),
  patience: z.int().min(0).describe('Generations without a better candidate before stopping; 0 never stops early'),
  maxTokens: z.int().min(1).max(8192).describe('Longest answer, in tokens'),
  temperature: z.number().min(0).max(10).describe('Sampling temperature; 0 is greedy'),
  seed: z.int().min(0).describe('Seed of everything random'),
}).refine(({ low, high }) => low < high, 'The smallest α must be below the largest.');
export type SearchConfig = z.infer<typeof searchConfigSchema>;

/** Population, elite share, bounds and examples as published; a floor under the deviation, so that ties do not narrow it to a point. */
export const paperSearch: SearchConfig = {
  optimiser: 'cem', perLayer: false, form: 'sum', normalised: true, examples: 10, selectionRows: 0, testRows: 600,
  population: 32, eliteShare: 0.2, generations: 100, deviation: 0.5, deviationFloor: 0.01, tolerance: 0.01, smoothing: 0, low: 0, high: 1,
  tieBreak: true, patience: 20, maxTokens: 64, temperature: 0, seed: 0,
};

/** Less than a minute on a small model: free α with room beyond one, and other rows to choose by. */
export const quickSearch: SearchConfig = {
  ...paperSearch, form: 'base-anchored', normalised: false, selectionRows: 64, generations: 20, deviation: 0.4, deviationFloor: 0.03, tolerance: 0.03, low: -0.5, high: 1.5, patience: 6, optimiser: 'cma-es',
};
export const searchPresets = { quick: quickSearch, paper: paperSearch } as const;

/** α of each expert, in the order of the search: one number, or one for each layer. */
export type Alphas = readonly (number | readonly number[])[];

/** How good a candidate was. Where scores are equal, `tieBreak` decides (the mean log-likelihood of its own right answers). */
export interface Fitness { score: number; tieBreak: number }
export interface CandidateDto extends Fitness {
  alphas: Alphas;
  /** as the optimiser knows it: expert after expert, and within one layer after layer */
  x: readonly number[];
  generation: number;
}
/** What happened in one generation, for the picture of it. */
export interface GenerationDto {
  generation: number;
  candidates: CandidateDto[];
  /** indices of the better part, best first */
  elites: number[];
  mean: readonly number[];
  deviation: readonly number[];
  best: CandidateDto;
  seconds: number;
}
/** What a search has used so far, whatever its optimiser. */
export interface BudgetDto { generations: number; answers: number; answerTokens: number; seconds: number }
/** One of those compared at the end: the base, an expert alone, the centre of the distribution, or a candidate. */
export interface FinalistDto {
  kind: 'base' | 'expert' | 'candidate' | 'centre';
  /** place of the expert, for `expert` */
  expert?: number;
  alphas: Alphas;
  /** on the examples */
  search: Fitness;
  /** share of right answers on the selection rows; absent without any */
  selection?: number;
}
export interface SearchOutcome {
  chosen: FinalistDto;
  finalists: FinalistDto[];
  test?: TestScoreDto;
  budget: BudgetDto;
  stopped: 'generations' | 'converged' | 'stalled' | 'kept';
}

/** Ways to find the expert of a question. */
export const dispatcherKinds = ['prompt', 'classifier', 'embedding'] as const;
export type DispatcherKind = (typeof dispatcherKinds)[number];
/** Steps of the classification expert's training; it stops sooner where it makes no mistake on the questions that it is chosen by. */
export const classifierSteps = 72;
/** What the first pass decided: the place of an expert, or null for the base; and how sure it was of every outcome. */
export interface Decision {
  expert: number | null;
  confidence: number;
  /** experts in order, then the base */
  probabilities: number[];
}

/** What an expert is for, in words that the model is asked with. */
export interface Category { name: string; description: string }

/** Softmax over pooled hidden states, and the limits beyond which it abstains; vectors are as long as the hidden state. */
export interface EmbeddingState {
  /** experts; one more class, the last, is of no expert, where examples of it were there */
  classes: number;
  mean: Float32Array;
  scale: Float32Array;
  /** [classes][features], and a bias each */
  weights: Float32Array[];
  bias: Float32Array;
  /** [classes][features]: mean standardised features of each class */
  centres: Float32Array[];
  /** below this confidence, or beyond this distance from the nearest centre, it is the base */
  leastConfidence: number;
  farthest: number;
}

/** A way to find the expert of a question, ready to be used with one model and one list of experts. */
export type DispatcherState =
  | { kind: 'prompt'; categories: Category[] }
  /** `habit`: what the model says whatever it is asked, taken off before names are compared */
  | { kind: 'classifier'; categories: Category[]; z: ZVectors; habit: number[] }
  | { kind: 'embedding'; fitted: EmbeddingState };

/* ---------------------------------------------------------------- what crosses ---- */

/** A search for a mix: how it was set, every generation, and what it found. */
export interface SearchSummaryDto {
  id: string; name: string; jobId: string; state: JobState; modelId: string; modelName: string; datasetId?: string; datasetName: string; grader: string; raw: boolean;
  experts: { id: string; name: string }[]; config: SearchConfig; createdAt: number; command: string;
  /** as of a run */
  task?: string; reading?: TaskReading;
  budget?: BudgetDto; stopped?: 'generations' | 'converged' | 'stalled' | 'kept'; chosen?: FinalistDto; test?: TestScoreDto;
  /** the saved mix that it ended with */
  mixId?: string; mixName?: string;
}
export interface SearchDto extends SearchSummaryDto {
  /** the base and each expert alone on the examples, before the first generation */
  start?: { base: Fitness; experts: Fitness[] };
  generations: GenerationDto[]; finalists: FinalistDto[];
  rowsUsed?: Record<'examples' | 'selection' | 'test', { rows: number; from: string }>;
}
/** What a search would take. `secondsEstimated` is from what this model took before, absent where nothing is known. */
export interface SearchCostDto { generations: number; candidates: number; answers: number; promptTokens: number; secondsEstimated?: number }

/** counts[asked][answered]; labels are the experts, then the base (asked: questions that are none of theirs). */
export interface Confusion { labels: string[]; counts: number[][] }

/** A way to find a question's expert, made for one model and the experts at hand. */
export interface DispatcherDto {
  id: string; kind: DispatcherKind; modelId: string; experts: { id: string; name: string }[]; createdAt: number;
  /** the library has changed since: experts were added, removed or renamed */
  stale: boolean;
  /** on held-out questions of the experts' own datasets: and of datasets that are none of theirs, where there are such: share right, and what was answered */
  accuracy?: Interval; confusion?: Confusion;
  /** milliseconds of a first pass of one question (median) */
  firstPassMs?: number; seconds?: number; jobId?: string;
}
/** What making a dispatcher would take: questions that it learns from, is chosen by and is measured on, and steps at most. `secondsEstimated` is from when this model's last one of the kind was made, absent where there was none. */
export interface DispatcherCostDto { training: number; validation: number; heldOut: number; steps: number; secondsEstimated?: number }
/** What the first pass decided for one question. */
export interface DecisionDto { strategy: DispatcherKind; expertId: string | null; expertName: string; confidence: number; probabilities: { name: string; probability: number }[]; firstPassMs: number }
