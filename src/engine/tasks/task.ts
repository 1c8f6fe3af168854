/** What training needs of a task beside its rows and grader: a split. (A prompt's text is the tokenizer's `promptIds(row.messages, raw)`.) */
import { SingularError } from '../../shared/errors.ts';
import type { TaskRow } from '../host/protocol.ts';

export interface Split { train: TaskRow[]; validation: TaskRow[] }

/**
 * A seeded, disjoint split. Rows with the same prompt stay on the same side, so that no validation prompt is trained
 * on. At least one row on each side. Errors: `bad-input` for fewer than two different prompts.
 */
export function splitRows(rows: readonly TaskRow[], validationShare: number, seed: number): Split {
  const groups = new Map<string, TaskRow[]>();
  for (const row of rows) {
    const key = JSON.stringify(row.messages);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  if (groups.size < 2) throw new SingularError('bad-input', 'The dataset has fewer than two different prompts, so none can be kept for validation.');
  const shuffled = shuffle([...groups.values()], seed);
  const wanted = Math.max(1, Math.round(rows.length * validationShare));
  const split: Split = { train: [], validation: [] };
  for (const [index, group] of shuffled.entries()) {
    const mayValidate = split.validation.length < wanted && !(index === shuffled.length - 1 && split.train.length === 0);
    (mayValidate ? split.validation : split.train).push(...group);
  }
  return split;
}

/** Fisher–Yates with splitmix32: the same order for the same seed, on any machine. */
function shuffle<T>(items: T[], seed: number): T[] {
  let state = seed >>> 0;
  const random = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [items[i], items[j]] = [items[j], items[i]];
  }
  return items;
}
