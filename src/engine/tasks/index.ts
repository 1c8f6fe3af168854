/**
 * Tasks: a dataset file, how its rows are read, the text of a prompt, and how an answer is graded.
 *
 *   file ──reading/──▶ raw rows ──recognise──▶ mapping ──rows──▶ task rows ──preview──▶ what the model sees
 *                                                               └──graders/──▶ a score from 0 to 1, with its reason
 *
 * `inspect.ts` is the way in for whole files. Graders that run code from outside (`python`, `expression`) do so in a
 * process of their own: `graders/sandbox/`.
 */
export { inspectDataset, readDataset, type ReadResult } from './inspect.ts';
export { previewRows } from './preview.ts';
export { isTaskRow, rereadRow, shownReference, toTaskRow } from './rows.ts';
export { splitRows, type SplitRows } from './task.ts';
export { createGrader, graders, graderKinds, lackOf, parseGrader, type Grade, type Grader, type GraderKind, type GradeItem } from './graders/index.ts';
