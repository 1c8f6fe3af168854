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
  const lengthOf = (messages: TaskRow['messages']): number => tokenizer.promptIds(messages, raw).ids.length;
  // what the template adds, by the speakers; no text has more tokens than bytes, so most rows need not be taken apart
  const frames = new Map<string, number>();
  const atMost = (messages: TaskRow['messages']): number => {
    const speakers = messages.map(({ role }) => role).join();
    const frame = frames.get(speakers) ?? lengthOf(messages.map((message) => ({ ...message, content: 'x' })));
    frames.set(speakers, frame);
    return messages.reduce((sum, { content }) => sum + Buffer.byteLength(content), frame);
  };
  const { fitting = [], long = [] } = Object.groupBy(rows, ({ messages }) => (atMost(messages) < maxPositions || lengthOf(messages) < maxPositions ? 'fitting' : 'long'));
  const left = long.map(({ row }) => row + 1);
  if (left.length === 0) return { rows: fitting };
  if (fitting.length === 0) throw new SingularError('bad-input', `The model has room for ${maxPositions} tokens, and the shortest prompt of these rows has ${Math.min(...long.map(({ messages }) => lengthOf(messages)))}.`);
  const which = left.length === 1 ? `row ${left[0]} of ${rows.length} is` : `${left.length} of ${rows.length} rows are`;
  const numbers = left.length === 1 ? '' : ` (${left.slice(0, named).join(', ')}${left.length > named ? ', …' : ''})`;
  return { rows: fitting, note: `The model has room for ${maxPositions} tokens: ${which} longer and left out${numbers}.` };
}
