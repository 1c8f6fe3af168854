/** A task: a dataset with the way its rows are read, how an answer is graded, and which rows are for what. */
import { z } from 'zod';

export const columnMappingSchema = z.object({
  /** how rows are read */
  kind: z.enum(['prompt-answer', 'messages', 'sharegpt', 'alpaca', 'choices', 'code-tests', 'prompt-only']),
  /** column of the prompt, or of the message list; dots name nested columns */
  prompt: z.string(),
  /** Alpaca's second prompt column */
  input: z.string().optional(),
  /** column of the reference answer */
  answer: z.string().optional(),
  system: z.string().optional(),
  /** columns of option texts and letters, for multiple choice */
  choices: z.string().optional(),
  labels: z.string().optional(),
  /** column with test code, for the python grader */
  tests: z.string().optional(),
  /** column with the answer to imitate (next-token training), where it is not the reference */
  demonstration: z.string().optional(),
  /** what the model is asked, where it is more than the prompt column: {prompt} stands for that column, {tests} for the tests */
  template: z.string().optional(),
});
export type ColumnMapping = z.infer<typeof columnMappingSchema>;

/**
 * Which rows train, choose and test. `dataset`: as the dataset names them; where it names none, each training divides
 * the rows by its own shares and seed. `shares`: the task divides all rows by its seed, whatever the dataset names, and
 * every use of it has the same three sets; no prompt is in two of them.
 */
export const taskSplitsSchema = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('dataset') }),
  z.strictObject({
    by: z.literal('shares'),
    validation: z.number().gt(0).lt(1),
    test: z.number().min(0).lt(1),
    seed: z.int().min(0),
  }).refine(({ validation, test }) => validation + test < 1, 'The shares leave no row to train on.'),
]);
export type TaskSplits = z.infer<typeof taskSplitsSchema>;

/** How a task reads the rows of its dataset: every column as it is used, not only what differs from the dataset's own. */
export const taskReadingSchema = z.object({ mapping: columnMappingSchema, splits: taskSplitsSchema });
export type TaskReading = z.infer<typeof taskReadingSchema>;

export interface TaskDto extends TaskReading {
  id: string; name: string;
  /** who made it: it came with a bundled dataset, with a dataset that was recognised, or a person saved it */
  source: 'bundled' | 'recognised' | 'saved';
  datasetId: string; datasetName: string; rows: number; grader: string; raw: boolean; createdAt: number; updatedAt: number;
}

/** Usable rows of a dataset by split, as a task divides them; what it divides itself is rounded (rows of one prompt stay together). */
export function splitCounts(named: Record<'train' | 'validation' | 'test' | 'unassigned', number>, splits: TaskSplits): typeof named {
  if (splits.by === 'dataset') return named;
  const rows = named.train + named.validation + named.test + named.unassigned;
  const [validation, test] = [Math.round(rows * splits.validation), Math.round(rows * splits.test)];
  return { train: rows - validation - test, validation, test, unassigned: 0 };
}
