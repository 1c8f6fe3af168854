/**
 * The engine host: forks ONE engine process, feeds it requests, hears its events, notices its death and starts it
 * again. ONNX Runtime's `run` blocks its thread and a native fault kills its process, so nothing of it lives here.
 *
 * A request either ends with its result, with the error that the engine sent, or with `engine-died`. Requests made
 * while the process starts are sent when it is ready. After a death the next start waits (backoff); requests made
 * meanwhile wait with it.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { fromErrorDto, SingularError } from '../../shared/errors.ts';
import type { AppInfoDto, DeviceDto, Events } from '../../shared/contract.ts';
import type { EngineCalls, EngineMethod, FromEngine, SteerAction, ToEngine } from '../../engine/host/protocol.ts';
import { nodePath } from './nodePath.ts';
import { StderrTail } from './stderrTail.ts';

export interface EngineHostOptions {
  /** the engine's entry file, TypeScript in development */
  entry: string;
  /** a Node 24 binary; found by `nodePath` when left out, and only then when first needed */
  node?: string;
  /** intra-op threads; 0 lets the engine choose. Asked at every start */
  threads?: () => number;
  maxOldSpaceMb?: number;
  env?: Record<string, string | undefined>;
  helloTimeoutMs?: number;
  /** first delay of the backoff; it doubles with every death in a row, up to ten seconds */
  restartDelayMs?: number;
  stopTimeoutMs?: number;
}

export interface EngineRequest<M extends EngineMethod> {
  result: Promise<EngineCalls[M]['result']>;
  /** ends the request with code `cancelled` */
  cancel(): void;
  /** for `train`: end now and keep the best, or stop with a checkpoint */
  steer(action: SteerAction): void;
}

export type EngineState = AppInfoDto['engine'];
export interface EngineFacts { versions: Record<string, string>; devices: DeviceDto[] }

interface Pending {
  method: EngineMethod;
  input: unknown;
  sent: boolean;
  onEvent: ((event: unknown) => void) | undefined;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** Deaths in a row without one finished start after which nothing is retried until somebody asks again. */
const startsBeforeGivingUp = 5;
const longestDelayMs = 10_000;
const repeatable = ['memory', 'modelFacts', 'scanCache', 'svdState', 'inspectDataset', 'preview', 'chooseRows', 'gradeRows', 'importZ', 'compare'] as const satisfies readonly EngineMethod[];
/** A process that has lived this long starts its backoff anew. */
const healthyAfterMs = 30_000;

export class EngineHost {
  readonly #options: EngineHostOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #changeListeners = new Set<(state: EngineState) => void>();
  readonly #noticeListeners = new Set<(notice: Events['notice']) => void>();
  readonly #stderr = new StderrTail();
  #state: EngineState = { state: 'stopped' };
  #child: ChildProcess | undefined;
  #facts: EngineFacts | undefined;
  #nextId = 1;
  #deathsInARow = 0;
  #restartTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: EngineHostOptions) {
    this.#options = options;
  }

  get state(): EngineState { return this.#state; }
  /** what the running (or last) process said about itself */
  get facts(): EngineFacts | undefined { return this.#facts; }
  /** requests that have not ended */
  get busy(): boolean { return this.#pending.size > 0; }
  stderrTail(): string { return this.#stderr.text(); }

  onChange(listener: (state: EngineState) => void): () => void {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }
  onNotice(listener: (notice: Events['notice']) => void): () => void {
    this.#noticeListeners.add(listener);
    return () => this.#noticeListeners.delete(listener);
  }

  /** Starts the process where none runs; the first request does it too. */
  start(): void {
    if (this.#closed || this.#child || this.#restartTimer) return;
    this.#fork();
  }

  request<M extends EngineMethod>(
    method: M,
    input: EngineCalls[M]['input'],
    /** one that throws ends the request with what it threw */
    onEvent?: (event: EngineCalls[M]['event']) => void,
  ): EngineRequest<M> {
    const id = this.#nextId++;
    const result = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { method, input, sent: false, onEvent: onEvent as ((event: unknown) => void) | undefined, resolve, reject });
    });
    if (this.#closed) this.#settle(id, new SingularError('engine-died', 'The engine has been stopped.'));
    else if (this.#state.state === 'ready') this.#send(id);
    else this.start();
    return {
      result: result as Promise<EngineCalls[M]['result']>,
      cancel: () => this.#cancel(id),
      steer: (action) => {
        if (this.#pending.get(id)?.sent) this.#post({ steer: id, action });
      },
    };
  }

  /**
   * The short form, for requests that nobody cancels. One that changes nothing is asked once more where the engine
   * died under it: most likely of something else that it was doing.
   */
  async call<M extends EngineMethod>(method: M, input: EngineCalls[M]['input']): Promise<EngineCalls[M]['result']> {
    try {
      return await this.request(method, input).result;
    } catch (error) {
      const isRepeatable = (repeatable as readonly string[]).includes(method) && error instanceof SingularError && error.code === 'engine-died';
      if (!isRepeatable || this.#closed || this.#state.state === 'stopped') throw error;
      return this.request(method, input).result;
    }
  }

  /** A fresh process, for settings that are read at its start. Running requests fail with `engine-died`. */
  async restart(): Promise<void> {
    if (this.#closed || !this.#child) return;
    await this.#end();
    this.#deathsInARow = 0;
    this.start();
  }

  /** Ends the process: it is asked (the channel closes), then told, then killed. */
  async stop(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#restartTimer);
    this.#restartTimer = undefined;
    await this.#end();
    this.#failAll(new SingularError('engine-died', 'The engine has been stopped.'));
    this.#become({ state: 'stopped' });
  }

  async #end(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#child = undefined;
    this.#failAll(new SingularError('engine-died', 'The engine is being restarted.'), (pending) => pending.sent);
    this.#become({ state: 'stopped' });
    if (child.exitCode !== null || child.signalCode !== null) return;
    const patience = this.#options.stopTimeoutMs ?? 2000;
    await new Promise<void>((done) => {
      const term = setTimeout(() => child.kill('SIGTERM'), patience);
      const kill = setTimeout(() => child.kill('SIGKILL'), 2 * patience);
      child.once('exit', () => {
        clearTimeout(term);
        clearTimeout(kill);
        done();
      });
      if (child.connected) child.disconnect();
    });
  }

  #fork(): void {
    const { entry, env = {}, maxOldSpaceMb } = this.#options;
    this.#become({ state: this.#deathsInARow > 0 ? 'restarting' : 'starting' });
    let child: ChildProcess;
    try {
      child = fork(entry, [], {
        execPath: this.#options.node ?? nodePath(),
        execArgv: maxOldSpaceMb ? [`--max-old-space-size=${maxOldSpaceMb}`] : [],
        serialization: 'advanced',
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        // NODE_OPTIONS of whoever started us (a test runner, a debugger) are not the engine's
        env: { ...process.env, NODE_OPTIONS: '', ...env },
      });
    } catch (error) {
      this.#become({ state: 'stopped' });
      this.#failAll(error instanceof SingularError ? error : new SingularError('engine-died', `The engine process could not be started: ${(error as Error).message}.`, { cause: error }));
      return;
    }
    this.#child = child;
    const startedAt = Date.now();
    let heardHello = false;
    let ended = false;
    const helloTimer = setTimeout(() => {
      this.#stderr.push(`no hello within ${this.#options.helloTimeoutMs ?? 30_000} ms\n`);
      child.kill('SIGKILL');
    }, this.#options.helloTimeoutMs ?? 30_000);
    const onEnd = (how: string): void => {
      if (ended) return;
      ended = true;
      clearTimeout(helloTimer);
      if (this.#child === child) this.#died(how, { heardHello, lifetimeMs: Date.now() - startedAt });
    };
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#stderr.push(text));
    child.on('error', (error) => onEnd(error.message));
    child.on('exit', (code, signal) => onEnd(signal ? `signal ${signal}` : `exit code ${code}`));
    child.on('message', (message: FromEngine) => {
      if (this.#child !== child) return;
      if (!('ready' in message)) return this.#hear(message);
      void this.#hello(child).then(() => {
        heardHello = true;
        clearTimeout(helloTimer);
      }, (error: unknown) => {
        this.#stderr.push(`hello failed: ${(error as Error).message}\n`);
        child.kill('SIGKILL');
      });
    });
  }

  async #hello(child: ChildProcess): Promise<void> {
    const id = this.#nextId++;
    const facts = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { method: 'hello', input: { threads: this.#options.threads?.() ?? 0 }, sent: false, onEvent: undefined, resolve, reject });
    });
    this.#send(id);
    this.#facts = await facts as EngineFacts;
    if (this.#child !== child) return;
    this.#become({ state: 'ready', ...(child.pid !== undefined && { pid: child.pid }) });
    for (const [waiting, pending] of this.#pending) if (!pending.sent) this.#send(waiting);
  }

  #hear(message: Exclude<FromEngine, { ready: true }>): void {
    if ('notice' in message) {
      for (const listener of this.#noticeListeners) listener(message.notice);
      return;
    }
    const pending = this.#pending.get(message.id);
    if (!pending) return; // cancelled or given up here before the engine answered
    if ('event' in message) {
      try {
        pending.onEvent?.(message.event);
      } catch (error) {
        // who cannot take an event (a full disk under a checkpoint) has no use for the rest
        this.#settle(message.id, error);
        this.#post({ cancel: message.id });
      }
    } else if ('error' in message) this.#settle(message.id, fromErrorDto(message.error));
    else {
      this.#pending.delete(message.id);
      pending.resolve(message.result);
    }
  }

  #send(id: number): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    pending.sent = true;
    try {
      this.#post({ id, method: pending.method, input: pending.input });
    } catch (error) {
      this.#settle(id, error); // a value that cannot be cloned is our bug, not the engine's death
    }
  }

  #post(message: ToEngine): void {
    // a channel that closes under the write is a death, and the exit handler reports it
    if (this.#child?.connected) this.#child.send(message, () => undefined);
  }

  #cancel(id: number): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    if (pending.sent) this.#post({ cancel: id });
    else this.#settle(id, new SingularError('cancelled', 'Stopped before it began.'));
  }

  #settle(id: number, error: unknown): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.reject(error);
  }

  #failAll(error: SingularError, which: (pending: Pending) => boolean = () => true): void {
    for (const [id, pending] of this.#pending) if (which(pending)) this.#settle(id, error);
  }

  #died(how: string, life: { heardHello: boolean; lifetimeMs: number }): void {
    this.#child = undefined;
    const lastLine = this.#stderr.lastLine();
    const error = new SingularError('engine-died', `The engine process ended unexpectedly (${how}).`, lastLine ? { detail: lastLine } : {});
    this.#deathsInARow = life.heardHello && life.lifetimeMs > healthyAfterMs ? 1 : this.#deathsInARow + 1;
    const givesUp = !life.heardHello && this.#deathsInARow >= startsBeforeGivingUp;
    this.#become({ state: givesUp ? 'stopped' : 'restarting' });
    if (!givesUp && !this.#closed) {
      const delay = Math.min((this.#options.restartDelayMs ?? 250) * 2 ** (this.#deathsInARow - 1), longestDelayMs);
      this.#restartTimer = setTimeout(() => {
        this.#restartTimer = undefined;
        this.#fork();
      }, delay);
    }
    this.#failAll(error, (pending) => pending.sent || givesUp);
    if (givesUp) this.#deathsInARow = 0;
    const message = givesUp
      ? `The engine could not be started (${how}); the next request tries again.`
      : `The engine process ended unexpectedly (${how}) and is being restarted.`;
    for (const listener of this.#noticeListeners) listener({ level: givesUp ? 'error' : 'warning', message });
  }

  #become(state: EngineState): void {
    if (state.state === this.#state.state && state.pid === this.#state.pid) return;
    this.#state = state;
    for (const listener of this.#changeListeners) listener(state);
  }
}
