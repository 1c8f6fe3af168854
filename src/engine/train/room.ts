/** What a model has room for: rows whose question is longer than its context are left out, not run into. */
import { SingularError } from '../../shared/errors.ts';
import type { Tokenizer } from '../checkpoint/tokenizer.ts';
import type { TaskRow } from '../host/protocol.ts';

export interface Room {
  tokenizer: Pick<Tokenizer, 'promptIds'>;
  /** tokens of the longest sequence */
  maxPositions: number;
}

const named = 5;

/**
 * Rows whose prompt leaves room for a token of an answer, in their order; `note` says which were left out, numbered from 1.
 * Errors: `bad-input` where none is left.
 */
export function rowsWithRoom(rows: readonly TaskRow[], raw: boolean, { tokenizer, maxPositions }: Room): { rows: TaskRow[]; note?: string } {
  const lengths = rows.map(({ messages }) => tokenizer.promptIds(messages, raw).ids.length);
  const fitting = rows.filter((_, i) => lengths[i] < maxPositions);
  const left = rows.filter((_, i) => lengths[i] >= maxPositions).map(({ row }) => row + 1);
  if (left.length === 0) return { rows: fitting };
  if (fitting.length === 0) throw new SingularError('bad-input', `The model has room for ${maxPositions} tokens, and the shortest prompt of these rows has ${Math.min(...lengths)}.`);
  const which = left.length === 1 ? `row ${left[0]} of ${rows.length} is` : `${left.length} of ${rows.length} rows are`;
  const numbers = left.length === 1 ? '' : ` (${left.slice(0, named).join(', ')}${left.length > named ? ', …' : ''})`;
  return { rows: fitting, note: `The model has room for ${maxPositions} tokens: ${which} longer and left out${numbers}.` };
}
