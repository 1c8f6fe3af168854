/**
 * Byte-level byte-pair encoding in the Hugging Face layout: trained here, deterministic, and written as a
 * tokenizer.json that transformers.js and Python's transformers load alike. Digits are one token each.
 */
/** How chat messages become text; the pretraining text of the skills uses exactly this. */
export interface ChatFormat {
  /** the first ids of the vocabulary, in this order */
  specialTokens: readonly string[];
  /** the marks before and after a user's message */
  user: string;
  assistant: string;
  /** Jinja, as in tokenizer_config.json */
  template: string;
}

export const chatFormats = {
  tags: {
    specialTokens: ['<unk>', '<s>', '</s>', '<|system|>', '<|user|>', '<|assistant|>'],
    user: '<|user|>',
    assistant: '<|assistant|>',
    template:
      "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'assistant' %}{{ '<|assistant|>' + message['content'] + eos_token }}" +
      "{% else %}{{ '<|' + message['role'] + '|>' + message['content'] }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}",
  },
  /** as the Mistral family writes it: a system message stands before the first question */
  instructions: {
    specialTokens: ['<unk>', '<s>', '</s>', '[INST]', '[/INST]'],
    user: '[INST]',
    assistant: '[/INST]',
    template:
      "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'assistant' %}{{ message['content'] + eos_token }}" +
      "{% elif message['role'] == 'system' %}{{ '[INST]' + message['content'] + '\n\n' }}" +
      "{% elif loop.index0 > 0 and messages[loop.index0 - 1]['role'] == 'system' %}{{ message['content'] + '[/INST]' }}" +
      "{% else %}{{ '[INST]' + message['content'] + '[/INST]' }}{% endif %}{% endfor %}",
  },
} as const satisfies Record<string, ChatFormat>;

/** GPT-2's byte alphabet: printable bytes stand for themselves, the others for code points from 256 on. */
function byteAlphabet(): string[] {
  const alphabet: string[] = [];
  let shifted = 256;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    alphabet.push(String.fromCodePoint(printable ? byte : shifted++));
  }
  return alphabet;
}
const alphabet = byteAlphabet();

/** GPT-2's words, after every digit was set apart. */
const wordPattern = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;
function words(text: string): string[] {
  return text.split(/(\p{N})/u).filter((part) => part !== '').flatMap((part) => part.match(wordPattern) ?? []);
}

const utf8 = new TextEncoder();
const symbols = (word: string): string[] => Array.from(utf8.encode(word), (byte) => alphabet[byte]);

export interface TrainedTokenizer { vocabulary: string[]; merges: [string, string][] }

/** Most frequent pair first, ties by the pair's text. */
export function trainTokenizer(texts: Iterable<string>, vocabularySize: number, { specialTokens }: ChatFormat): TrainedTokenizer {
  const counts = new Map<string, number>();
  for (const text of texts) for (const word of words(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  const entries = [...counts].map(([word, count]) => ({ parts: symbols(word), count }));
  const vocabulary: string[] = [...specialTokens, ...alphabet];
  const known = new Set(vocabulary);
  const merges: [string, string][] = [];
  while (vocabulary.length < vocabularySize) {
    const pairs = new Map<string, number>();
    for (const { parts, count } of entries) {
      for (let i = 1; i < parts.length; i++) {
        const pair = `${parts[i - 1]} ${parts[i]}`;
        pairs.set(pair, (pairs.get(pair) ?? 0) + count);
      }
    }
    let best = '';
    let bestCount = 0;
    for (const [pair, count] of pairs) if (count > bestCount || (count === bestCount && pair < best)) [best, bestCount] = [pair, count];
    if (bestCount < 2) break;
    const [left, right] = best.split(' ') as [string, string];
    merges.push([left, right]);
    if (!known.has(left + right)) vocabulary.push(left + right);
    known.add(left + right);
    for (const entry of entries) entry.parts = mergePair(entry.parts, left, right);
  }
  return { vocabulary, merges };
}

function mergePair(parts: string[], left: string, right: string): string[] {
  const merged: string[] = [];
  for (let i = 0; i < parts.length; i++) {
    if (parts[i] === left && parts[i + 1] === right) {
      merged.push(left + right);
      i++;
    } else merged.push(parts[i]);
  }
  return merged;
}

export interface Encoder {
  special: { bos: number; eos: number; user: number; assistant: number };
  /** plain text, no special tokens */
  encode(text: string): number[];
  /** one user message and the mark that opens the answer */
  encodeChatPrompt(prompt: string): number[];
}

/** A fast encoder for the corpus; a test holds it to what transformers.js gives. */
export function createEncoder({ vocabulary, merges }: TrainedTokenizer, format: ChatFormat): Encoder {
  const ids = new Map(vocabulary.map((token, id) => [token, id]));
  const ranks = new Map(merges.map(([left, right], rank) => [`${left} ${right}`, rank]));
  const cache = new Map<string, number[]>();
  const idOf = (token: string): number => ids.get(token) ?? 0;
  const encodeWord = (word: string): number[] => {
    let parts = symbols(word);
    for (;;) {
      let best = Infinity;
      let at = -1;
      for (let i = 1; i < parts.length; i++) {
        const rank = ranks.get(`${parts[i - 1]} ${parts[i]}`) ?? Infinity;
        if (rank < best) [best, at] = [rank, i];
      }
      if (at < 0) return parts.map(idOf);
      parts = mergePair(parts, parts[at - 1], parts[at]);
    }
  };
  const encode = (text: string): number[] => words(text).flatMap((word) => {
    let known = cache.get(word);
    if (!known) cache.set(word, (known = encodeWord(word)));
    return known;
  });
  const special = { bos: idOf('<s>'), eos: idOf('</s>'), user: idOf(format.user), assistant: idOf(format.assistant) };
  return { special, encode, encodeChatPrompt: (prompt) => [special.bos, special.user, ...encode(prompt), special.assistant] };
}

/** tokenizer.json and tokenizer_config.json */
export function tokenizerFiles(trained: TrainedTokenizer, format: ChatFormat, maxLength: number): { tokenizer: object; config: object } {
  const bos = trained.vocabulary.indexOf('<s>');
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: format.specialTokens.map((content, id) => ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true })),
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Digits', individual_digits: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
      special_tokens: { '<s>': { id: '<s>', ids: [bos], tokens: ['<s>'] } },
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null,
      fuse_unk: false, byte_fallback: false, ignore_merges: false,
      vocab: Object.fromEntries(trained.vocabulary.map((token, id) => [token, id])),
      merges: trained.merges,
    },
  };
  const config = {
    tokenizer_class: 'PreTrainedTokenizerFast', bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>', pad_token: '</s>',
    add_bos_token: true, add_eos_token: false, clean_up_tokenization_spaces: false, model_max_length: maxLength, chat_template: format.template,
  };
  return { tokenizer, config };
}
