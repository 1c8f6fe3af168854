/** The contract over one WebSocket: text frames, `WireRequest` in, `WireMessage` out. */
import type { RawData, WebSocket } from 'ws';
import { z } from 'zod';
import { calls, type CallName, type WireMessage } from '../../../shared/contract.ts';
import { SingularError, toErrorDto } from '../../../shared/errors.ts';
import type { Carried } from '../common/carried.ts';

export const largestFrameBytes = 8 * 1024 * 1024;
/** Calls under way before the socket is read no further. */
const mostInFlight = 64;
/** A window that does not read this much of what it was sent is gone or stuck; it reconnects and reads afresh. */
const mostUnreadBytes = 32 * 1024 * 1024;

const requestSchema = z.strictObject({ id: z.int().min(0), name: z.string().max(100), input: z.unknown() });

export const closeCodes = { notText: 1003, notJson: 1007, notARequest: 1008, tooSlow: 1013 } as const;

export class ContractSocket {
  readonly #socket: WebSocket;
  readonly #services: Carried;
  #inFlight = 0;

  constructor(socket: WebSocket, services: Carried) {
    this.#socket = socket;
    this.#services = services;
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    // An error (a broken frame, one too large) is followed by a close; there is nobody left to tell.
    socket.on('error', () => {});
  }

  /** Sends an event, already in its wire form so that many windows share one encoding. */
  sendText(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > mostUnreadBytes) {
      this.#socket.close(closeCodes.tooSlow, 'The window does not read what it is sent.');
      this.#socket.terminate();
      return;
    }
    this.#socket.send(text);
  }

  #send(message: WireMessage): void {
    this.sendText(JSON.stringify(message));
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (isBinary) return this.#socket.close(closeCodes.notText, 'Requests are text.');
    let value: unknown;
    try {
      value = JSON.parse(asText(data));
    } catch {
      return this.#socket.close(closeCodes.notJson, 'A request is JSON.');
    }
    const request = requestSchema.safeParse(value);
    if (!request.success) return this.#socket.close(closeCodes.notARequest, 'A request is { id, name, input }.');
    void this.#answer(request.data.id, request.data.name, request.data.input);
  }

  async #answer(id: number, name: string, input: unknown): Promise<void> {
    if (++this.#inFlight >= mostInFlight) this.#socket.pause();
    try {
      if (!Object.hasOwn(calls, name)) throw new SingularError('not-found', `There is no call "${name}".`);
      const result = await this.#services.dispatch(name as CallName, input);
      // JSON has no undefined: a call without a result answers null.
      this.#send({ id, result: result ?? null });
    } catch (error) {
      this.#send({ id, error: toErrorDto(error) });
    } finally {
      if (--this.#inFlight < mostInFlight) this.#socket.resume();
    }
  }
}

function asText(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8');
}
