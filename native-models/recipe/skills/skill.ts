import type { Random } from '../random.ts';

export interface Problem {
  family: string;
  /** the question without any cue */
  statement: string;
  /** what of it a row's prompt has, where other columns have the rest */
  rowPrompt?: string;
  /** two questions are the same one when their identities are equal, however they are written down */
  identity: string;
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
  /** false where only the pretraining text has it: with it, the rows were too easy for the base */
  inRows?: false;
}

/**
 * How multiple choice is written. `bracketed`: options as `A) Tom`, answers as `It is Tom (A).` `dotted`: options as
 * `A. Tom`, which is how the product lists them, answers as `Answer: Tom.` The first phase of pretraining had the
 * former; the letter behind an option was never learned in it, the option itself was.
 */
export type OptionStyle = 'bracketed' | 'dotted';

export interface Skill {
  name: string;
  description: string;
  grader: 'number' | 'choice' | 'python';
  cues: readonly Cue[];
  problem(random: Random, options?: OptionStyle): Problem;
  /** more steps, larger numbers, compositions: never in the pretraining text */
  hardProblem(random: Random): Problem;
}

export const withCue = (cue: Cue, statement: string): string => `${cue.before}${statement}${cue.after}`;
