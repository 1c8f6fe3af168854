/**
 * A comparison: a frozen plan of models × tasks × methods × seeds, run as one job, cell by cell. Every cell is one
 * training, scored against its base on the same test rows.
 */
import { z } from 'zod';
import { trainingConfigSchema } from './training.ts';

const label = z.string().trim().min(1).max(120);

export const comparisonMethodSchema = z.strictObject({
  /** the heading of its row, different for each method of a plan */
  name: label,
  preset: z.enum(['quick', 'paper']).default('quick'),
  /** settings that differ from the plan's and the preset's; `seed` and `seeds` are the plan's */
  set: trainingConfigSchema.omit({ seed: true, seeds: true }).partial().default({}),
});

/** The plan file of `singular compare PLAN`. */
export const comparisonPlanSchema = z.strictObject({
  name: label,
  description: z.string().max(4000).default(''),
  /** ids or names of models */
  models: z.array(label).min(1).max(16),
  tasks: z.array(z.strictObject({
    /** id or name of a dataset */
    dataset: label,
    /** the dataset's own where it is left out */
    grader: label.optional(),
    raw: z.boolean().default(false),
  })).min(1).max(32),
  methods: z.array(comparisonMethodSchema).min(1).max(32),
  seeds: z.array(z.int().min(0)).min(1).max(32),
  /** settings that all methods share, over their presets */
  set: trainingConfigSchema.omit({ seed: true, seeds: true }).partial().default({}),
}).refine(({ methods }) => new Set(methods.map(({ name }) => name)).size === methods.length, 'Two methods have the same name.');
export type ComparisonPlan = z.infer<typeof comparisonPlanSchema>;
