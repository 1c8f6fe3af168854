/** What a grader is: from an answer and its row to a score from 0 (wrong) to 1 (right), with a reason in a few words. */
import type { TaskRow } from '../../host/protocol.ts';

export interface Grade { score: number; reason: string }
export interface GradeItem { answer: string; row: TaskRow }

export interface Grader {
  /** as given, e.g. `contains: dog` */
  readonly spec: string;
  /** rows without a reference answer cannot be graded */
  readonly needsReference: boolean;
  grade(answer: string, row: TaskRow): Promise<Grade>;
  /** grades in the order of `items`; the same grades as one by one */
  gradeBatch(items: readonly GradeItem[]): Promise<Grade[]>;
  /** ends processes and frees memory; the grader cannot be used afterwards */
  dispose(): Promise<void>;
}

/** A grader that is a plain function. */
export function pureGrader(spec: string, needsReference: boolean, grade: (answer: string, row: TaskRow) => Grade): Grader {
  return {
    spec,
    needsReference,
    grade: async (answer, row) => grade(answer, row),
    gradeBatch: async (items) => items.map((item) => grade(item.answer, item.row)),
    dispose: async () => {},
  };
}

/** Text of an answer for a reason: one line, short. */
export function shortened(text: string, longest = 40): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

export const noReference: Grade = { score: 0, reason: 'the row has no reference answer' };
