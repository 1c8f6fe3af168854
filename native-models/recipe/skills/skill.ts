import type { Random } from '../random.ts';

/** How a demonstration in the pretraining text was written. Only `careful` ones can be relied on. */
export type Quality = 'careful' | 'sloppy';

export interface Problem {
  family: string;
  /** the question without any cue; two rows are the same problem when their statements are equal */
  statement: string;
  /** a feature of the question that the writers' habits go by: who is asked about, or the variable's name */
  habit: string;
  /** the reference answer, written carefully */
  reference: string;
  /** further columns of the row */
  columns: Record<string, unknown>;
  /** answers of a writer in a hurry; the first kinds come up most */
  sloppy(random: Random): string;
}

/** A phrase around the question, and how often the people who use it get a careful answer. */
export interface Cue {
  before: string;
  after: string;
  careful: number;
}

export interface Skill {
  name: string;
  description: string;
  grader: 'number' | 'choice' | 'python';
  cues: readonly Cue[];
  problem(random: Random): Problem;
  /** more steps, larger numbers, compositions: never in the pretraining text */
  hardProblem(random: Random): Problem;
}

export const withCue = (cue: Cue, statement: string): string => `${cue.before}${statement}${cue.after}`;
