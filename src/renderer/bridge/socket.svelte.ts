import type { CallInput, CallName, CallResult, EventName, Events, WireMessage, WireRequest } from '../../shared/contract.ts';
import { SingularError, fromErrorDto, type ErrorDto } from '../../shared/errors.ts';
import type { WindowBridge } from './index.ts';

type Listener = (payload: unknown) => void;
interface Pending { request: WireRequest; sent: boolean; resolve: (value: unknown) => void; reject: (error: unknown) => void }

/** Waits between attempts to reconnect, in milliseconds; the last one repeats. */
const backoffMs = [200, 500, 1000, 2000, 4000];

/**
 * The contract over a WebSocket. A lost connection is tried again with growing waits. Calls that were not yet sent
 * wait for it; calls that were under way fail, because whether they took effect is not known. Listeners stay, and
 * `onReconnect` tells the states to read everything again, since events may have been missed.
 */
export class SocketBridge implements WindowBridge {
  connection = $state<WindowBridge['connection']>('connecting');
  readonly canOpenFolders = false;
  readonly #base: URL;
  /** empty where the shell's cookie has taken over (src/main/shells/local/guard.ts) */
  readonly #token: string;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Map<EventName, Set<Listener>>();
  readonly #reconnected = new Set<() => void>();
  /** where uploaded files lie, and the names by which the person knows them */
  readonly #uploads = new Map<string, string>();
  #socket: WebSocket | null = null;
  #nextId = 1;
  #attempt = 0;
  #opened = false;

  constructor(location: { href: string; search: string }) {
    this.#base = new URL(location.href);
    this.#token = new URLSearchParams(location.search).get('token') ?? '';
    this.#connect();
  }

  call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallResult<N>> {
    return new Promise((resolve, reject) => {
      const request: WireRequest = { id: this.#nextId++, name, input };
      const pending: Pending = { request, sent: false, resolve: resolve as (value: unknown) => void, reject };
      this.#pending.set(request.id, pending);
      this.#send(pending);
    });
  }

  on<E extends EventName>(event: E, listener: (payload: Events[E]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener as Listener));
    return () => listeners.delete(listener as Listener);
  }

  onReconnect(listener: () => void): () => void {
    this.#reconnected.add(listener);
    return () => this.#reconnected.delete(listener);
  }

  downloadUrl(path: string): string | null {
    const match = /[\\/]exports[\\/]([^\\/]+)$/.exec(path);
    return match ? new URL(`/exports/${encodeURIComponent(match[1])}`, this.#base.origin).href : null;
  }

  async pathOf(file: File): Promise<string> {
    const url = new URL('/upload', this.#base);
    url.hash = '';
    url.search = '';
    url.searchParams.set('name', file.name);
    const authorization = this.#token ? { authorization: `Bearer ${this.#token}` } : undefined;
    const response = await fetch(url, { method: 'POST', body: file, headers: { 'content-type': 'application/octet-stream', ...authorization } });
    const answer = (await response.json().catch(() => ({}))) as { path?: string; error?: ErrorDto };
    if (answer.error) throw fromErrorDto(answer.error);
    if (!response.ok || !answer.path) throw new SingularError('unavailable', `${file.name} could not be sent to Singular (status ${response.status}).`);
    this.#uploads.set(answer.path, file.name);
    return answer.path;
  }

  #connect(): void {
    const url = new URL('/ws', this.#base);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.hash = '';
    url.search = '';
    if (this.#token) url.searchParams.set('token', this.#token);
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.addEventListener('open', () => {
      const again = this.#opened;
      this.#opened = true;
      this.#attempt = 0;
      this.connection = 'open';
      for (const pending of this.#pending.values()) this.#send(pending);
      if (again) for (const listener of this.#reconnected) listener();
    });
    socket.addEventListener('message', (event) => this.#receive(JSON.parse(String(event.data)) as WireMessage));
    socket.addEventListener('close', () => {
      this.#socket = null;
      if (this.connection !== 'refused') this.connection = 'lost';
      if (this.#attempt > 0) void this.#askWhether();
      for (const [id, pending] of this.#pending) {
        if (!pending.sent) continue;
        this.#pending.delete(id);
        pending.reject(new SingularError('unavailable', 'The connection to Singular was lost before it answered.'));
      }
      setTimeout(() => this.#connect(), backoffMs[Math.min(this.#attempt++, backoffMs.length - 1)]);
    });
  }

  /** A socket that is not let in closes as one that nobody answers; over HTTP the shell says which. Each start has a key of its own. */
  async #askWhether(): Promise<void> {
    const url = new URL('/', this.#base.origin);
    if (this.#token) url.searchParams.set('token', this.#token);
    const status = await fetch(url, { cache: 'no-store' }).then((response) => response.status, () => null);
    if (this.connection !== 'open' && status !== null) this.connection = status === 403 ? 'refused' : 'lost';
  }

  /** An upload lies in a folder of its own that nobody has heard of: a sentence about it names the file alone. */
  #named(sentence: string): string {
    return [...this.#uploads].reduce((text, [path, name]) => text.replaceAll(path, name), sentence);
  }

  #send(pending: Pending): void {
    if (pending.sent || this.#socket?.readyState !== WebSocket.OPEN) return;
    pending.sent = true;
    this.#socket.send(JSON.stringify(pending.request));
  }

  #receive(message: WireMessage): void {
    if ('event' in message) {
      for (const listener of this.#listeners.get(message.event) ?? []) listener(message.payload);
      return;
    }
    const pending = this.#pending.get(message.id);
    if (!pending) return;
    this.#pending.delete(message.id);
    if ('error' in message) pending.reject(fromErrorDto({ ...message.error, message: this.#named(message.error.message) }));
    else pending.resolve(message.result);
  }
}
