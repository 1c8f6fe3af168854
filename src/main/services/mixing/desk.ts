/**
 * The desk answers: base and mix are two rows of one batch, so both see the same prompt, the same seed and the same
 * arithmetic. Where every fader is at 0 the mix row has no z at all and is the base to the token.
 *
 * A conversation records what was asked and answered; each prompt is answered on its own, because two sides with
 * different histories could not be compared.
 */
import type { GeneratedRow } from '../../../engine/host/protocol.ts';
import type { AnswerStatsDto, AnswerTokenDto, CallParsed } from '../../../shared/contract.ts';
import { SingularError, toErrorDto } from '../../../shared/errors.ts';
import type { ZVectors } from '../../../shared/matrices.ts';
import type { EngineRequest } from '../../engine/host.ts';
import { firstPass } from '../adaptation/firstPass.ts';
import type { ServiceContext } from '../context.ts';
import type { HandlerGroup } from '../handlers.ts';
import type { UsableModel } from '../models/catalog.ts';
import { svdReady } from '../models/prepare.ts';

type Side = 'base' | 'mix';
type AnswerRequest = CallParsed<'desk.answer'>;

/** What one side has said so far, timed here: what a person waits for includes the way through the processes. */
interface Spoken { tokens: AnswerTokenDto[]; firstTokenMs: number; lastTokenMs: number; isDone: boolean }

export interface DeskState { cancelAll(): void }

export function deskHandlers(context: ServiceContext): HandlerGroup<'desk'> & { state: DeskState } {
  const { catalog, events, newId, vectors } = context;
  const open = new Map<string, Answer>();
  return {
    state: { cancelAll: () => open.forEach((answer) => answer.cancel()) },
    'desk.answer': async (input) => {
      const model = await catalog.use(input.modelId);
      const z = input.sides === 'base' || input.strategy !== 'faders' ? undefined : vectors.mixed(input, model);
      const answerId = newId();
      const answer = new Answer(context, answerId, input, model, z);
      open.set(answerId, answer);
      // the caller learns the id before the first token
      setImmediate(() => {
        void answer.run().catch((error: unknown) => {
          if (!(error instanceof SingularError)) context.log.error('desk.answer', error);
          events.emit('answer.failed', { answerId, error: toErrorDto(error) });
        }).finally(() => open.delete(answerId));
      });
      return { answerId };
    },
    'desk.cancel': ({ answerId }) => {
      open.get(answerId)?.cancel();
      return null;
    },
  };
}

class Answer {
  readonly #context: ServiceContext;
  readonly #id: string;
  readonly #input: AnswerRequest;
  readonly #model: UsableModel;
  #z: ZVectors | undefined;
  readonly #sides: Side[];
  readonly #spoken: Record<Side, Spoken>;
  #request: EngineRequest<'generate'> | undefined;
  #isCancelled = false;

  constructor(context: ServiceContext, id: string, input: AnswerRequest, model: UsableModel, z: ZVectors | undefined) {
    this.#context = context;
    this.#id = id;
    this.#input = input;
    this.#model = model;
    this.#z = z;
    this.#sides = input.sides === 'both' ? ['base', 'mix'] : [input.sides];
    const silent = (): Spoken => ({ tokens: [], firstTokenMs: 0, lastTokenMs: 0, isDone: false });
    this.#spoken = { base: silent(), mix: silent() };
  }

  cancel(): void {
    this.#isCancelled = true;
    this.#request?.cancel();
  }

  async run(): Promise<void> {
    const { engine, catalog } = this.#context;
    this.#record('user', this.#input.prompt);
    await this.#decide();
    if (this.#z) await svdReady(this.#context, this.#model);
    if (this.#isCancelled) return this.#endCancelled();
    const startedAt = performance.now();
    this.#request = engine.request('generate', {
      model: catalog.place(this.#model),
      rows: this.#sides.map((side) => ({
        prompt: this.#input.raw ? this.#input.prompt : [{ role: 'user' as const, content: this.#input.prompt }],
        raw: this.#input.raw, seed: this.#input.sampling.seed, ...(side === 'mix' && this.#z && { z: this.#z }),
      })),
      sampling: this.#input.sampling,
    }, (event) => {
      const side = this.#sides[event.row];
      if (side) this.#hear(side, event.tokens, performance.now() - startedAt);
    });
    let rows: GeneratedRow[];
    try {
      ({ rows } = await this.#request.result);
    } catch (error) {
      if (error instanceof SingularError && error.code === 'cancelled' && this.#isCancelled) return this.#endCancelled();
      throw error;
    }
    this.#sides.forEach((side, index) => {
      const row = rows[index];
      if (!row) return;
      this.#end(side, row.stopReason, row.promptTokens, performance.now() - startedAt);
      this.#record(side, row.text);
    });
    await this.#compare(rows);
  }

  /** With a strategy, the mix's side is the expert that the first pass decides on; none where it decides on the base. */
  async #decide(): Promise<void> {
    const { strategy, prompt } = this.#input;
    if (strategy === 'faders' || !this.#sides.includes('mix')) return;
    if (strategy === 'classifier') await svdReady(this.#context, this.#model);
    const [decision] = await firstPass(this.#context, this.#model, strategy, [prompt]);
    this.#z = decision.expertId === null ? undefined : this.#context.vectors.ofExpert(decision.expertId);
    if (!this.#isCancelled) this.#context.events.emit('answer.decided', { answerId: this.#id, decision });
  }

  #hear(side: Side, tokens: AnswerTokenDto[], nowMs: number): void {
    if (tokens.length === 0) return;
    const spoken = this.#spoken[side];
    if (spoken.tokens.length === 0) spoken.firstTokenMs = nowMs;
    spoken.lastTokenMs = nowMs;
    spoken.tokens.push(...tokens);
    this.#context.events.emit('answer.tokens', { answerId: this.#id, side, tokens });
  }

  #end(side: Side, stopReason: AnswerStatsDto['stopReason'], promptTokens: number, nowMs: number): void {
    const { tokens, firstTokenMs, lastTokenMs } = this.#spoken[side];
    this.#spoken[side].isDone = true;
    const stats: AnswerStatsDto = {
      tokens: tokens.length, promptTokens, stopReason,
      // after the first token, whose time is told on its own
      tokensPerSecond: tokens.length < 2 ? 0 : (1000 * (tokens.length - 1)) / Math.max((lastTokenMs || nowMs) - firstTokenMs, 1e-3),
      firstTokenMs,
    };
    this.#context.events.emit('answer.done', { answerId: this.#id, side, stats });
  }

  #endCancelled(): void {
    for (const side of this.#sides) {
      if (this.#spoken[side].isDone) continue;
      this.#end(side, 'cancelled', 0, 0);
      const said = this.#spoken[side].tokens.map((token) => token.text).join('');
      if (said) this.#record(side, said);
    }
  }

  /** Token by token, how much more likely the mix finds its own answer than the base does. */
  async #compare(rows: readonly GeneratedRow[]): Promise<void> {
    const mix = rows[this.#sides.indexOf('mix')];
    if (!this.#z || !mix || mix.ids.length === 0 || this.#isCancelled) return;
    const { engine, catalog, events } = this.#context;
    const comparison = await engine.call('compare', { model: catalog.place(this.#model), promptIds: mix.promptIds, answerIds: mix.ids, z: this.#z });
    events.emit('answer.compared', { answerId: this.#id, comparison });
  }

  #record(role: 'user' | Side, content: string): void {
    const { stores, clock } = this.#context;
    const title = this.#input.prompt.trim().split('\n', 1)[0]?.slice(0, 80) || '(empty prompt)';
    stores.conversations.append({ id: this.#input.conversationId ?? this.#id, title, modelId: this.#model.id }, { role, content, createdAt: clock() });
  }
}
