/**
 * Tokens to text while they arrive. A token alone can be half a UTF-8 character, and a SentencePiece decoder drops
 * the space before the first token it is given; so each step decodes a short window twice, with and without the new
 * tokens, and yields the difference. The increments together are the decoded whole.
 */
export class StreamDecoder {
  readonly #decode: (ids: readonly number[]) => string;
  /** tokens whose text went out last, kept as context, then tokens whose text has not gone out */
  #window: number[] = [];
  /** how many of the window are context */
  #context = 0;
  /** text of the context alone, as the decoder gives it */
  #contextText = '';

  constructor(decode: (ids: readonly number[]) => string) {
    this.#decode = decode;
  }

  /** Takes one token, gives the text that is now certain: perhaps none. */
  push(id: number): string {
    this.#window.push(id);
    const text = this.#decode(this.#window);
    // U+FFFD at the end is most often a character whose other bytes are still to come.
    if (text.length <= this.#contextText.length || text.endsWith('\uFFFD')) return '';
    return this.#release(text);
  }

  /** What was held back, at the end of an answer. */
  flush(): string {
    return this.#release(this.#decode(this.#window));
  }

  #release(text: string): string {
    const increment = text.slice(this.#contextText.length);
    const context = this.#window.slice(this.#context);
    const contextText = this.#decode(context);
    // Context that decodes to nothing (special tokens, a lone space) would lose the space of what follows it.
    if (contextText !== '') {
      this.#window = context;
      this.#context = context.length;
      this.#contextText = contextText;
    } else {
      this.#context = this.#window.length;
      this.#contextText = text;
    }
    return increment;
  }
}
