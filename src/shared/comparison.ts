/**
 * A comparison: a frozen plan of models × tasks × methods × seeds, run as one job, cell by cell. Every cell is one
 * training, or one way of adapting experts that an earlier comparison trained, scored against its base on the same test
 * rows.
 */
import { z } from 'zod';
import { dispatcherKinds, searchConfigSchema, type Alphas, type BudgetDto, type FinalistDto, type SearchOutcome } from './adaptation.ts';
import type { Confusion, Interval } from './contract.ts';
import { columnMappingSchema, taskSplitsSchema } from './task.ts';
import { trainingConfigSchema } from './training.ts';

const label = z.string().trim().min(1).max(120);

export const comparisonMethodSchema = z.strictObject({
  /** the heading of its row, different for each method of a plan */
  name: label,
  preset: z.enum(['quick', 'paper']).default('quick'),
  /** settings that differ from the plan's and the preset's; `seed` and `seeds` are the plan's */
  set: trainingConfigSchema.omit({ seed: true, seeds: true }).partial().default({}),
});

const selectionRows = z.int().min(1).max(10_000).default(64);

/** How the experts of a plan are put to use on a task; rows to choose by are validation rows, never test rows. */
export const strategySchema = z.discriminatedUnion('kind', [
  /** each expert alone on the selection rows; the best is tested */
  z.strictObject({ kind: z.literal('best-expert'), selectionRows }),
  /** the expert of a named task, whatever the task at hand */
  z.strictObject({ kind: z.literal('expert'), task: label }),
  /** each test question goes to the expert that the first pass finds, or to the base */
  z.strictObject({ kind: z.literal('dispatcher'), by: z.enum(dispatcherKinds) }),
  /** few-shot; `maxTokens` and `testRows` are the plan's where they are left out */
  z.strictObject({ kind: z.literal('search'), preset: z.enum(['quick', 'paper']).default('quick'), set: z.strictObject(searchConfigSchema.shape).omit({ seed: true }).partial().default({}) }),
  /** the best expert with its z shuffled within each matrix */
  z.strictObject({ kind: z.literal('shuffled'), selectionRows }),
  /** the best adapter of that method of the experts' comparison, by selection rows */
  z.strictObject({ kind: z.literal('adapter'), method: label, selectionRows }),
]);
export type Strategy = z.infer<typeof strategySchema>;

export const strategyMethodSchema = z.strictObject({ name: label, strategy: strategySchema });

export type TrainedMethod = z.infer<typeof comparisonMethodSchema>;
export type StrategyMethod = z.infer<typeof strategyMethodSchema>;
export const isTrained = (method: TrainedMethod | StrategyMethod): method is TrainedMethod => !('strategy' in method);
export const isStrategy = (method: TrainedMethod | StrategyMethod): method is StrategyMethod => 'strategy' in method;

/** What a strategy did on one task with one model and seed, beside its score. */
export interface StrategyDetail {
  kind: Strategy['kind'];
  /** by the tasks that they were trained on, in order */
  experts: string[];
  /** best expert, shuffled, adapter: what was chosen, and every candidate on the selection rows */
  chosen?: string;
  selection?: { name: string; score: number }[];
  /** search: what was found, how, and with how much; `optimiser`, `examples` and `generations` as it was set */
  search?: { optimiser: string; examples: number; generations: number; perLayer: boolean; alphas: Alphas; chosen: FinalistDto['kind']; budget: BudgetDto; stopped: SearchOutcome['stopped'] };
  /** dispatcher: on held-out questions of the experts' tasks (labels: experts, then base), and how many test questions went where (in that order) */
  dispatch?: { accuracy: Interval; confusion: Confusion; choices: number[] };
  /** milliseconds of a single question, median: deciding, and answering it */
  firstPassMs?: number;
  secondPassMs?: number;
}

export const planTaskSchema = z.strictObject({
  /** id or name of a dataset */
  dataset: label,
  /** the dataset's own where it is left out */
  grader: z.string().trim().min(1).max(4000).optional(),
  raw: z.boolean().default(false),
  /** as the dataset's own mapping and splits where they are left out */
  mapping: columnMappingSchema.optional(),
  splits: taskSplitsSchema.optional(),
});

/** The plan file of `singular compare PLAN`. */
export const comparisonPlanSchema = z.strictObject({
  name: label,
  description: z.string().max(4000).default(''),
  /** ids or names of models */
  models: z.array(label).min(1).max(16),
  /** ids or names of stored tasks, or what a task is made of */
  tasks: z.array(z.union([label, planTaskSchema])).min(1).max(32),
  methods: z.array(z.union([comparisonMethodSchema, strategyMethodSchema])).min(1).max(32),
  /** whose experts the strategies use: of a finished comparison (id or name), what this method of it trained on each of its tasks with the same model and seed */
  experts: z.strictObject({ comparison: label, method: label }).optional(),
  seeds: z.array(z.int().min(0)).min(1).max(32),
  /** settings that all methods share, over their presets */
  set: trainingConfigSchema.omit({ seed: true, seeds: true }).partial().default({}),
}).refine(({ methods }) => new Set(methods.map(({ name }) => name)).size === methods.length, 'Two methods have the same name.')
  .refine(({ methods, experts }) => experts !== undefined || !methods.some(isStrategy), 'A strategy needs experts: name the comparison and the method that trained them.');
export type ComparisonPlan = z.infer<typeof comparisonPlanSchema>;
