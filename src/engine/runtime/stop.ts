import type { Tokenizer } from '../checkpoint/tokenizer.ts';

/** Watches one answer for stop strings, which may span tokens. */
export class StopWatcher {
  private readonly decoder: ReturnType<Tokenizer['streamDecoder']>;
  private readonly stops: readonly string[];
  private decoded = '';
  private stopped = false;

  constructor(tokenizer: Tokenizer, stops: readonly string[]) {
    this.decoder = tokenizer.streamDecoder({ skipSpecialTokens: true });
    this.stops = stops;
  }

  /** True when the answer with this token holds a stop string. */
  sees(id: number): boolean {
    this.decoded += this.decoder.push(id);
    const at = this.stops.map((stop) => this.decoded.indexOf(stop)).filter((index) => index >= 0);
    if (at.length === 0) return false;
    this.decoded = this.decoded.slice(0, Math.min(...at));
    this.stopped = true;
    return true;
  }

  /** The whole answer, up to a stop string; called once, when the answer has ended. */
  finish(): string {
    return this.stopped ? this.decoded : this.decoded + this.decoder.flush();
  }
}
