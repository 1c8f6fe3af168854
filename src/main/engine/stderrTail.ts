/** The last kilobytes that the engine wrote on standard error: for diagnostics and for the sentence after a death. */
const keptCharacters = 8192;

export class StderrTail {
  #text = '';

  push(text: string): void {
    this.#text = (this.#text + text).slice(-keptCharacters);
  }
  text(): string {
    return this.#text;
  }
  lastLine(): string {
    return this.#text.trimEnd().split('\n').at(-1) ?? '';
  }
}
