/** Which rows are trained on, chosen by and scored once at the end. (A prompt's text is the tokenizer's `promptIds(row.messages, raw)`.) */
import type { Split } from '../../shared/contract.ts';
import { SingularError } from '../../shared/errors.ts';
import type { TrainingConfig } from '../../shared/training.ts';
import type { TaskRow } from '../host/protocol.ts';

export type SplitRows = Record<Split, TaskRow[]>;

export interface SplitOptions extends Pick<TrainingConfig, 'validationShare' | 'testShare'> {
  /** a shuffled copy, by a fixed seed: test rows are the same for all seeds of a training */
  shuffleTest: <T>(items: readonly T[]) => T[];
  /** a shuffled copy, by the training's seed */
  shuffleValidation: <T>(items: readonly T[]) => T[];
}

/** Of the training rows, where a dataset names no validation rows and `validationShare` is `given`. */
const shareWhereNoneGiven = 0.25;

/**
 * Three sets of rows of which no two share a prompt. Rows whose dataset names their split keep it (test before
 * validation before training, where one prompt stands in several); a number as `validationShare` pools training and
 * validation rows and cuts them anew. Test rows that no dataset names are cut before validation rows. Cuts keep rows
 * of one prompt together and leave at least one prompt to train on; `test` is empty where `testShare` is 0 or there are
 * only two prompts. Errors: `bad-input` where no prompt is left to train on or to choose by.
 */
export function splitRows(rows: readonly TaskRow[], { validationShare, testShare, shuffleTest, shuffleValidation }: SplitOptions): SplitRows {
  const prompts = promptGroups(rows);
  const ownTest = prompts.filter(({ splits }) => splits.has('test'));
  const untested = without(prompts, ownTest);
  const ownValidation = validationShare === 'given' ? untested.filter(({ splits }) => splits.has('validation')) : [];
  const pool = without(untested, ownValidation);
  const test = ownTest.length > 0 ? ownTest : cut(shuffleTest(pool), testShare, ownValidation.length > 0 ? 1 : 2);
  const rest = without(pool, test);
  const share = validationShare === 'given' ? shareWhereNoneGiven : validationShare;
  const validation = ownValidation.length > 0 ? ownValidation : cut(shuffleValidation(rest), share, 1, 1);
  const train = without(rest, validation);
  if (train.length === 0) throw new SingularError('bad-input', 'The dataset leaves no row to train on: all its prompts are for validation or for the final score.');
  if (validation.length === 0) throw new SingularError('bad-input', 'The dataset has fewer than two different prompts to train on, so none can be kept for validation.');
  return { train: rowsOf(train, 'train'), validation: rowsOf(validation, 'validation'), test: rowsOf(test, 'test') };
}

/** Rows of one prompt, and the splits that they name. */
interface Group { rows: TaskRow[]; splits: Set<Split> }

function promptGroups(rows: readonly TaskRow[]): Group[] {
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const key = JSON.stringify(row.messages);
    const group = groups.get(key) ?? { rows: [], splits: new Set<Split>() };
    groups.set(key, group);
    group.rows.push(row);
    if (row.split) group.splits.add(row.split);
  }
  return [...groups.values()];
}

function without(groups: readonly Group[], taken: readonly Group[]): Group[] {
  const gone = new Set(taken);
  return groups.filter((group) => !gone.has(group));
}

/** The first groups that hold `share` of all rows, at least `least`, so that `remaining` groups remain. */
function cut(groups: readonly Group[], share: number, remaining: number, least = share > 0 ? 1 : 0): Group[] {
  const total = groups.reduce((sum, group) => sum + group.rows.length, 0);
  const wanted = Math.max(least, Math.round(total * share));
  const taken: Group[] = [];
  for (let rows = 0; rows < wanted && taken.length < groups.length - remaining;) {
    const group = groups[taken.length];
    taken.push(group);
    rows += group.rows.length;
  }
  return taken;
}

/** Of a prompt that stands in several splits, the rows that the dataset names for this one (all, where it names none). */
const rowsOf = (groups: readonly Group[], split: Split): TaskRow[] =>
  groups.flatMap(({ rows, splits }) => (splits.has(split) && splits.size > 1 ? rows.filter((row) => row.split === split) : rows));
