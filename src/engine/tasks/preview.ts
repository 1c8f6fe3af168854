/** Rows as the exact text the model will see. */
import type { PreviewRow } from '../../shared/contract.ts';
import type { TaskRow } from '../host/protocol.ts';
import type { Tokenizer } from '../checkpoint/tokenizer.ts';
import { shownReference } from './rows.ts';

/**
 * Text and length of each row's prompt, through the model's own chat template, or `raw`. Special tokens that the
 * tokenizer puts around a text (a BOS) are shown as it spells them.
 */
export function previewRows(tokenizer: Tokenizer, rows: readonly TaskRow[], raw: boolean): PreviewRow[] {
  return rows.map((row) => {
    const { text, ids } = tokenizer.promptIds(row.messages, raw);
    return { row: row.row, text: withSpecialTokens(tokenizer, text, ids), prompt: tokenizer.promptIds(row.messages, true).text, promptTokens: ids.length, reference: shownReference(row.reference) };
  });
}

/** The text between the special tokens that stand before and behind it in `ids` but not in the text itself. */
function withSpecialTokens(tokenizer: Tokenizer, text: string, ids: readonly number[]): string {
  const own = tokenizer.encode(text, { addSpecialTokens: false });
  const added = ids.length - own.length;
  if (added <= 0) return text;
  const spell = (some: readonly number[]): string => tokenizer.decode(some, { skipSpecialTokens: false });
  for (let before = added; before >= 0; before--) {
    if (own.every((id, index) => ids[before + index] === id)) return spell(ids.slice(0, before)) + text + spell(ids.slice(before + own.length));
  }
  return spell(ids);
}
