/** Answers to imitate, as tokens: what the model would have had to write after the prompt, its end token included. */
import { SingularError } from '../../shared/errors.ts';
import type { TaskRow } from '../host/protocol.ts';
import type { LoadedModel } from '../runtime/loaded-model.ts';
import type { Prompt } from './answers.ts';

export const demonstrationOf = (row: TaskRow): string | null => row.demonstration ?? row.reference;

/** @throws SingularError `bad-input` naming the first row that has no answer */
export function refuseWithoutAnswer(rows: readonly TaskRow[]): void {
  const without = rows.find((row) => (demonstrationOf(row) ?? '') === '');
  if (without) throw new SingularError('bad-input', `Row ${without.row + 1} has no answer to imitate; next-token training needs an answer in every row, policy-gradient training none.`);
}

/**
 * Tokens of a prompt's reference answer, at most `maxTokens` and as many as the model has room for. With a chat template
 * the answer and its end are written by the template; without, the answer follows the prompt's text as it is, and the
 * tokenizer's first end token ends it.
 */
export function demonstrationIds(model: Pick<LoadedModel, 'tokenizer' | 'config'>, { row, ids }: Prompt, raw: boolean, maxTokens: number): number[] {
  const { tokenizer, config } = model;
  const content = demonstrationOf(row) ?? '';
  const ends = new Set(tokenizer.eosTokenIds);
  const templated = !raw && tokenizer.hasChatTemplate;
  const whole = templated
    ? tokenizer.applyChatTemplate([...row.messages, { role: 'assistant', content }], { addGenerationPrompt: false }).ids
    : tokenizer.encode(tokenizer.promptIds(row.messages, raw).text + content);
  const follows = whole.length > ids.length && ids.every((id, i) => whole[i] === id);
  const answer = follows ? whole.slice(ids.length) : tokenizer.encode(content, { addSpecialTokens: false });
  const end = answer.findIndex((id) => ends.has(id));
  const ended = end >= 0 ? answer.slice(0, end + 1) : [...answer, ...tokenizer.eosTokenIds.slice(0, 1)];
  return ended.slice(0, Math.max(0, Math.min(maxTokens, config.maxPositions - ids.length)));
}
