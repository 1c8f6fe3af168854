/** Answers that lie in a file, graded against the references beside them. */
import type { TaskRow } from '../host/protocol.ts';
import { columnAt } from './columns.ts';
import type { Grader } from './graders/index.ts';
import { readRows } from './reading/read.ts';
import { refuse, type RawRow } from './reading/source.ts';
import { recognise } from './recognise.ts';
import { isTaskRow, toTaskRow } from './rows.ts';

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

/**
 * Grades every row of a file. A row that cannot be read, or has no answer, is wrong with that reason, so that the score
 * is over all rows. Errors: `bad-input` for a file that cannot be read, or a column that no row has.
 */
export async function gradeFile({ path, grader, answer, reference, onGrades, signal }: GradeFileOptions): Promise<{ rows: number; score: number }> {
  if (grader.needsReference && reference === undefined) throw refuse(path, `is graded by ${grader.spec}, which needs the column of the references`);
  let rows = 0;
  let sum = 0;
  const found = { answer: false, reference: reference === undefined };
  for await (const raws of readRows(path, signal)) {
    for (let from = 0; from < raws.length; from += batchRows) {
      signal?.throwIfAborted();
      const batch = raws.slice(from, from + batchRows);
      const items = batch.map((raw) => itemOf(raw, answer, reference));
      for (const raw of batch) {
        if ('reason' in raw) continue;
        found.answer ||= textOf(columnAt(raw.data, answer)) !== null;
        found.reference ||= reference !== undefined && textOf(columnAt(raw.data, reference)) !== null;
      }
      const gradable = items.flatMap((item) => ('answer' in item ? [item] : []));
      const grades = await grader.gradeBatch(gradable);
      let next = 0;
      const graded = items.map((item, index): GradedRow => {
        const { score, reason } = 'answer' in item ? (grades[next++] ?? { score: 0, reason: 'no grade' }) : { score: 0, reason: item.reason };
        return { row: batch[index]?.row ?? 0, correct: score === 1, score, reason };
      });
      rows += graded.length;
      sum += graded.reduce((total, { score }) => total + score, 0);
      onGrades(graded);
    }
  }
  if (!found.answer) throw refuse(path, `has no text in column “${answer}”`);
  if (!found.reference) throw refuse(path, `has no reference in column “${reference ?? ''}”`);
  return { rows, score: rows === 0 ? 0 : sum / rows };
}

/** The row as its own file's columns make it (options, tests), with the reference from the column asked for. */
function itemOf(raw: RawRow, answerColumn: string, referenceColumn: string | undefined): { answer: string; row: TaskRow } | { reason: string } {
  if ('reason' in raw) return { reason: raw.reason };
  const answer = textOf(columnAt(raw.data, answerColumn));
  if (answer === null) return { reason: `has no answer in column “${answerColumn}”` };
  const reference = referenceColumn === undefined ? null : textOf(columnAt(raw.data, referenceColumn));
  if (referenceColumn !== undefined && reference === null) return { reason: `has no reference in column “${referenceColumn}”` };
  const own = toTaskRow(raw, recognise([raw.data]).mapping);
  return { answer, row: { row: raw.row, messages: [], data: isTaskRow(own) ? own.data : raw.data, reference } };
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : null);
