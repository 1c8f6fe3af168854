/**
 * One question to the desk: base and mix stream side by side, then what the mix changed, then the grader's word.
 * Events carry an answer id that the call returns only after it was accepted, so early ones are kept and replayed.
 */
import { isHeard } from './effective.ts';
import type { DispatcherKind } from '../../../shared/adaptation.ts';
import type { AnswerComparisonDto, AnswerStatsDto, Bridge, DecisionDto, Events, MixContent, Sampling } from '../../../shared/contract.ts';

export interface Verdict { right: boolean; score: number; reason: string }
/** A row of a dataset that lies in the prompt box: its answer can be graded. */
export interface Expectation { datasetId: string; datasetName: string; row: number; grader: string; reference: string | null }
/** Who decides what the mix's side is: the faders, or a first pass of the model. */
export type Strategy = 'faders' | DispatcherKind;
export interface Question { modelId: string; strategy: Strategy; prompt: string; raw: boolean; sampling: Sampling; content: MixContent; expectation: Expectation | null }

export class Side {
  text = $state('');
  stats = $state.raw<AnswerStatsDto | null>(null);
  verdict = $state.raw<Verdict | null>(null);
  streaming = $state(false);

  begin(): void {
    this.text = '';
    this.stats = null;
    this.verdict = null;
    this.streaming = true;
  }
}

type AnswerEventName = 'answer.decided' | 'answer.tokens' | 'answer.done' | 'answer.compared' | 'answer.failed';
type AnswerEvent = { [E in AnswerEventName]: { event: E; payload: Events[E] } }[AnswerEventName];

export class Answers {
  readonly #bridge: Bridge;
  base = new Side();
  mix = new Side();
  comparison = $state.raw<AnswerComparisonDto | null>(null);
  /** of the first pass, where the model chooses */
  decision = $state.raw<DecisionDto | null>(null);
  /** what went wrong, as it was thrown or sent */
  error = $state.raw<unknown>(null);
  /** the question on show; null before the first */
  asked = $state.raw<Question | null>(null);
  /** where this question is recorded; asking it again adds to the same */
  conversationId: string | undefined;
  #answerId: string | null = null;
  #pending: AnswerEvent[] | null = null;
  /** each question has a number, so that a late reply of an older one is dropped */
  #turn = 0;
  /** which question the base's answer belongs to */
  #baseKey = '';

  /** whether the mix that was asked is the base itself: then there is nothing to compare */
  askedBase = $derived(this.asked !== null && (this.asked.strategy === 'faders' ? isBase(this.asked.content) : this.decision !== null && this.decision.expertId === null));
  running = $derived(this.base.streaming || this.mix.streaming);

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
  }

  /** Listens as long as the application runs; returns the way to stop. */
  listen(): () => void {
    const offs = [
      this.#bridge.on('answer.decided', (payload) => this.#take({ event: 'answer.decided', payload })),
      this.#bridge.on('answer.tokens', (payload) => this.#take({ event: 'answer.tokens', payload })),
      this.#bridge.on('answer.done', (payload) => this.#take({ event: 'answer.done', payload })),
      this.#bridge.on('answer.compared', (payload) => this.#take({ event: 'answer.compared', payload })),
      this.#bridge.on('answer.failed', (payload) => this.#take({ event: 'answer.failed', payload })),
    ];
    return () => offs.forEach((off) => off());
  }

  /** Asks. With `keepBase` a base answer to the same question stays as it is and only the mix answers anew. */
  async ask(question: Question, keepBase = false): Promise<void> {
    if (this.running) await this.stop();
    const key = JSON.stringify([question.modelId, question.prompt, question.raw, question.sampling]);
    const mixOnly = keepBase && key === this.#baseKey && this.base.stats !== null && this.base.stats.stopReason !== 'cancelled';
    const turn = ++this.#turn;
    this.asked = question;
    this.error = null;
    this.comparison = null;
    this.decision = null;
    if (!mixOnly) this.base.begin();
    this.#baseKey = key;
    this.mix.begin();
    this.#answerId = null;
    this.#pending = [];
    try {
      const { answerId } = await this.#bridge.call('desk.answer', {
        modelId: question.modelId, strategy: question.strategy, prompt: question.prompt, raw: question.raw, ...question.content, sampling: question.sampling,
        sides: mixOnly ? 'mix' : 'both', ...(mixOnly && this.conversationId ? { conversationId: this.conversationId } : {}),
      });
      if (turn !== this.#turn) return;
      this.#answerId = answerId;
      if (!mixOnly || !this.conversationId) this.conversationId = answerId;
      const early: AnswerEvent[] = this.#pending ?? [];
      this.#pending = null;
      for (const event of early) this.#take(event);
    } catch (error) {
      if (turn === this.#turn) this.#fail(error);
    }
  }

  async stop(): Promise<void> {
    const answerId = this.#answerId;
    this.#answerId = null;
    this.#pending = null;
    this.#turn++;
    for (const side of [this.base, this.mix]) {
      if (side.streaming && !side.stats) side.stats = { tokens: 0, promptTokens: 0, tokensPerSecond: 0, firstTokenMs: 0, stopReason: 'cancelled' };
      side.streaming = false;
    }
    if (answerId) await this.#bridge.call('desk.cancel', { answerId }).catch(() => undefined);
  }

  /** Lays the answers to an earlier question back, as text. */
  recall(base: string, mix: string): void {
    void this.stop();
    this.asked = null;
    this.error = null;
    this.comparison = null;
    this.decision = null;
    this.#baseKey = '';
    for (const [side, text] of [[this.base, base], [this.mix, mix]] as const) {
      side.begin();
      side.text = text;
      side.streaming = false;
    }
  }

  #take(entry: AnswerEvent): void {
    if (this.#pending) { this.#pending.push(entry); return; }
    if (entry.payload.answerId !== this.#answerId) return;
    switch (entry.event) {
      case 'answer.decided':
        this.decision = entry.payload.decision;
        break;
      case 'answer.tokens': {
        const side = this[entry.payload.side];
        side.text += entry.payload.tokens.map((token) => token.text).join('');
        break;
      }
      case 'answer.done': {
        const side = this[entry.payload.side];
        side.stats = entry.payload.stats;
        side.streaming = false;
        void this.#grade(side);
        break;
      }
      case 'answer.compared':
        this.comparison = entry.payload.comparison;
        break;
      case 'answer.failed':
        this.#fail(entry.payload.error);
        break;
    }
  }

  #fail(error: unknown): void {
    this.error = error;
    this.base.streaming = false;
    this.mix.streaming = false;
    this.#pending = null;
    this.#baseKey = '';
  }

  async #grade(side: Side): Promise<void> {
    const turn = this.#turn;
    const expectation = this.asked?.expectation;
    if (!expectation) return;
    try {
      const [result] = await this.#bridge.call('graders.test', {
        grader: expectation.grader, datasetId: expectation.datasetId, answers: [{ row: expectation.row, answer: side.text }], limit: 1,
      });
      if (turn === this.#turn && result) side.verdict = { right: result.score >= 0.5, score: result.score, reason: result.reason };
    } catch (error) {
      if (turn === this.#turn) this.error = error;
    }
  }
}

function isBase({ parts }: MixContent): boolean {
  const anySolo = parts.some((part) => part.solo);
  const isZero = (part: MixContent['parts'][number]): boolean => (typeof part.alpha === 'number' ? part.alpha === 0 : part.alpha.every((alpha) => alpha === 0));
  return parts.every((part) => isZero(part) || !isHeard({ alpha: 0, muted: part.muted ?? false, solo: part.solo ?? false }, anySolo, { factor: 1, bypass: false }));
}
