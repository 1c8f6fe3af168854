/** Answers that lie in a file, graded against the references beside them. */
import type { TaskRow } from '../host/protocol.ts';
import { columnAt } from './columns.ts';
import { lackOf, type Grader } from './graders/index.ts';
import { readRows } from './reading/read.ts';
import { refuse, type RawRow } from './reading/source.ts';
import { recognise } from './recognise.ts';
import { isTaskRow, kindOf, toTaskRow } from './rows.ts';

export interface GradedRow { row: number; correct: boolean; score: number; reason: string }
export interface GradeFileOptions {
  path: string;
  grader: Grader;
  /** columns of the answers and of the references; nested ones with dots. `python` needs no reference */
  answer: string;
  reference?: string | undefined;
  /** called with the grades in the order of the rows */
  onGrades: (grades: GradedRow[]) => void;
  signal?: AbortSignal | undefined;
}

const batchRows = 50;
/** Rows that are read before a file is refused of which none can be graded. */
const hopelessRows = 1000;

/**
 * Grades every row of a file. A row that cannot be read, or has no answer, is wrong with that reason, so that the score
 * is over all rows. No grade is given before there is a row that can be graded: a mistyped column is no wrong answer.
 * Errors: `bad-input` for a file that cannot be read, or where no row (of the first thousand) has an answer, a reference
 * and tests, as far as the grader needs them.
 */
export async function gradeFile({ path, grader, answer, reference, onGrades, signal }: GradeFileOptions): Promise<{ rows: number; score: number }> {
  if (grader.needsReference && reference === undefined) throw refuse(path, `is graded by ${grader.spec}, which needs the column of the references`);
  let rows = 0;
  let sum = 0;
  let firstLack: string | undefined;
  let held: GradedRow[] | undefined = [];
  for await (const raws of readRows(path, signal)) {
    for (let from = 0; from < raws.length; from += batchRows) {
      signal?.throwIfAborted();
      const batch = raws.slice(from, from + batchRows);
      const items = batch.map((raw) => itemOf(raw, grader.spec, answer, reference));
      const gradable = items.flatMap((item) => ('answer' in item ? [item] : []));
      const grades = await grader.gradeBatch(gradable);
      let next = 0;
      const graded = items.map((item, index): GradedRow => {
        const { score, reason } = 'answer' in item ? (grades[next++] ?? { score: 0, reason: 'no grade' }) : { score: 0, reason: item.reason };
        return { row: batch[index]?.row ?? 0, correct: score === 1, score, reason };
      });
      rows += graded.length;
      sum += graded.reduce((total, { score }) => total + score, 0);
      if (held === undefined) {
        onGrades(graded);
        continue;
      }
      held.push(...graded);
      if (gradable.length > 0) {
        onGrades(held);
        held = undefined;
      } else {
        firstLack ??= items.flatMap((item, index) => ('reason' in item && 'data' in (batch[index] ?? {}) ? [`row ${(batch[index]?.row ?? 0) + 1} ${item.reason}`] : []))[0];
        if (rows >= hopelessRows) throw refuse(path, `none of the first ${rows} rows can be graded; ${firstLack ?? ''}`);
      }
    }
  }
  if (held !== undefined) throw refuse(path, `no row can be graded; ${firstLack ?? 'it has no rows'}`);
  return { rows, score: sum / rows };
}

/** The row as its own file's columns make it (options, tests), with the reference from the column asked for; or what it lacks. */
function itemOf(raw: RawRow, spec: string, answerColumn: string, referenceColumn: string | undefined): { answer: string; row: TaskRow } | { reason: string } {
  if ('reason' in raw) return { reason: raw.reason };
  const answer = textIn(raw.data, answerColumn, 'answer');
  if ('reason' in answer) return answer;
  const reference = referenceColumn === undefined ? { text: null } : textIn(raw.data, referenceColumn, 'reference');
  if ('reason' in reference) return reference;
  const own = toTaskRow(raw, recognise([raw.data]).mapping);
  const row = { row: raw.row, messages: [], data: isTaskRow(own) ? own.data : raw.data, reference: reference.text };
  const { lacks } = lackOf(spec, row);
  return lacks === undefined ? { answer: answer.text, row } : { reason: `has no ${lacks}` };
}

function textIn(data: Record<string, unknown>, column: string, what: string): { text: string } | { reason: string } {
  const value = columnAt(data, column);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return { text: String(value) };
  return { reason: value === undefined || value === null ? `has no ${what} in column “${column}”` : `has ${kindOf(value)} as ${what} in column “${column}”, not text` };
}
