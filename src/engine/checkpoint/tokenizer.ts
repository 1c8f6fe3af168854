/**
 * Text to tokens and back, through @huggingface/transformers, from files of the checkpoint folder only: the library
 * is handed parsed files and never looks anywhere itself.
 */
import { PreTrainedTokenizer } from '@huggingface/transformers';
import type { ChatMessage } from '../../shared/contract.ts';
import { SingularError } from '../../shared/errors.ts';
import { StreamDecoder } from './stream-decoder.ts';
import { readTokenizerFiles } from './tokenizer-files.ts';

export interface Tokenizer {
  /** with special tokens, what the tokenizer adds around a text (most often a BOS) is added */
  encode(text: string, options?: { addSpecialTokens?: boolean }): number[];
  decode(ids: readonly number[], options?: { skipSpecialTokens?: boolean }): string;
  /** the exact text and tokens of a conversation; without a template, see `plainConversation` */
  applyChatTemplate(messages: readonly ChatMessage[], options?: { addGenerationPrompt?: boolean }): { text: string; ids: number[] };
  /**
   * Tokens of a prompt. Messages, and a text that is not `raw` where there is a chat template, go through the
   * template with the opening of an answer at the end. A raw text gets no template, only what the tokenizer itself
   * adds; an empty one is the BOS token alone.
   */
  promptIds(prompt: string | readonly ChatMessage[], raw: boolean): { text: string; ids: number[] };
  streamDecoder(options?: { skipSpecialTokens?: boolean }): StreamDecoder;
  readonly hasChatTemplate: boolean;
  readonly bosTokenId: number | null;
  readonly eosTokenIds: readonly number[];
  /** one more than the largest id */
  readonly vocabularySize: number;
}

/**
 * The plain fallback where a model has no chat template: the messages' texts, a blank line between two, roles left
 * out. A base model continues text; words such as "User:" would be a format that it never saw.
 */
export const plainConversation = (messages: readonly ChatMessage[]): string => messages.map((message) => message.content).join('\n\n');

/** @throws SingularError `bad-input` naming the file that is missing or cannot be used */
export async function loadTokenizer(folder: string): Promise<Tokenizer> {
  const files = await readTokenizerFiles(folder);
  /** The library finds most faults of a tokenizer file only when it is used. */
  const using = <T>(what: string, work: () => T): T => {
    try {
      return work();
    } catch (error) {
      if (error instanceof SingularError) throw error;
      const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0].slice(0, 200);
      throw new SingularError('bad-input', `The ${what}: ${reason.replace(/\.?\s*$/, '')}.`, { cause: error });
    }
  };
  const unusable = `tokenizer of ${folder} cannot be used`;
  const tokenizer = using(unusable, () => new PreTrainedTokenizer(files.tokenizer, files.config));
  // The library leaves a token's id undefined where its text is not in the vocabulary.
  const known = (id: number | undefined): number | null => (typeof id === 'number' ? id : null);
  const bosTokenId = known(tokenizer.bos_token_id) ?? files.bosTokenId;
  const eosTokenId = known(tokenizer.eos_token_id);
  const eosTokenIds = [...new Set([...files.eosTokenIds, ...(eosTokenId === null ? [] : [eosTokenId])])];
  let largest = 0;
  for (const id of tokenizer.get_vocab().values()) if (id > largest) largest = id;

  const encode: Tokenizer['encode'] = (text, { addSpecialTokens = true } = {}) => {
    const ids = using(unusable, () => tokenizer.encode(text, { add_special_tokens: addSpecialTokens }));
    // `add_bos_token` is a switch of the Python tokenizer classes that the file's own post-processor may lack.
    if (addSpecialTokens && files.config.add_bos_token === true && bosTokenId !== null && ids[0] !== bosTokenId) ids.unshift(bosTokenId);
    // A token without an embedding would be read from outside of it.
    const stray = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= (files.embeddings ?? Infinity));
    if (stray !== undefined) throw new SingularError('bad-input', `The tokenizer of ${folder} gives token ${stray}, but the model has ${files.embeddings ?? 'no such'} tokens.`);
    return ids;
  };
  // Spaces before punctuation are the model's own words: they are never cleaned up.
  const decode: Tokenizer['decode'] = (ids, { skipSpecialTokens = true } = {}) =>
    ids.length === 0 ? '' : using(unusable, () => tokenizer.decode([...ids], { skip_special_tokens: skipSpecialTokens, clean_up_tokenization_spaces: false }));

  const applyChatTemplate: Tokenizer['applyChatTemplate'] = (messages, { addGenerationPrompt = true } = {}) => {
    if (files.chatTemplate === null) {
      const text = plainConversation(messages);
      return { text, ids: rawIds(text) };
    }
    const text = using(`chat template of ${folder} refuses this conversation`, () =>
      tokenizer.apply_chat_template([...messages], { chat_template: files.chatTemplate, add_generation_prompt: addGenerationPrompt, tokenize: false }));
    // Templates write their special tokens themselves.
    return { text, ids: encode(text, { addSpecialTokens: false }) };
  };

  const rawIds = (text: string): number[] => {
    if (text !== '') return encode(text);
    if (bosTokenId === null) throw new SingularError('bad-input', `The tokenizer of ${folder} has no BOS token, so an empty prompt has nothing to start from.`);
    return [bosTokenId];
  };

  return {
    encode,
    decode,
    applyChatTemplate,
    promptIds(prompt, raw) {
      if (typeof prompt !== 'string') return raw ? { text: plainConversation(prompt), ids: rawIds(plainConversation(prompt)) } : applyChatTemplate(prompt);
      if (raw || files.chatTemplate === null) return { text: prompt, ids: rawIds(prompt) };
      return applyChatTemplate([{ role: 'user', content: prompt }]);
    },
    streamDecoder: ({ skipSpecialTokens = true } = {}) => new StreamDecoder((ids) => decode(ids, { skipSpecialTokens })),
    hasChatTemplate: files.chatTemplate !== null,
    bosTokenId,
    eosTokenIds,
    vocabularySize: largest + 1,
  };
}
