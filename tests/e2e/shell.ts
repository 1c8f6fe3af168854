/** The real local shell as a child process on a home of its own, and a second way in: calls from the test itself. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import type { CallInput, CallName, CallResult, EventName, Events, WireMessage } from '../../src/shared/contract.ts';
import { fromErrorDto } from '../../src/shared/errors.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const startMs = 180_000;

export interface RunningShell {
  url: string;
  home: string;
  /** what it said on standard error so far */
  stderr(): string;
  call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallResult<N>>;
  /** resolves with the first event that `wanted` accepts, from now on */
  event<E extends EventName>(name: E, wanted: (payload: Events[E]) => boolean, timeoutMs?: number): Promise<Events[E]>;
  stop(): Promise<void>;
}

export async function startShell(options: { home?: string; name?: string; env?: Record<string, string> } = {}): Promise<RunningShell> {
  const home = options.home ?? mkdtempSync(path.join(os.tmpdir(), `singular-e2e-${options.name ?? ''}-`));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path.join(root, 'src/main/shells/local/main.ts'), '--home', home], {
    cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...options.env },
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString(); });
  const url = await printedUrl(child, () => stderr).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  const socket = await connect(url);
  const contract = new Contract(socket);
  return {
    url,
    home,
    stderr: () => stderr,
    call: (name, input) => contract.call(name, input),
    event: (name, wanted, timeoutMs = 60_000) => contract.event(name, wanted, timeoutMs),
    async stop() {
      socket.terminate();
      await end(child);
      if (!options.home) rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function printedUrl(child: ChildProcess, stderr: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    const timer = setTimeout(() => reject(new Error(`The local shell printed no address in ${startMs / 1000} s.\n${printed}${stderr()}`)), startMs);
    child.stdout?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      const url = /http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]+/.exec(printed)?.[0];
      if (!url) return;
      clearTimeout(timer);
      resolve(url);
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`The local shell ended with code ${String(code)} before it printed an address.\n${printed}${stderr()}`));
    });
  });
}

function connect(url: string): Promise<WebSocket> {
  const address = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${address.host}/ws${address.search}`);
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(timer);
}

/** The wire form of the contract, from the test's side. */
class Contract {
  readonly #socket: WebSocket;
  readonly #pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: unknown) => void }>();
  readonly #listeners = new Set<(event: string, payload: unknown) => void>();
  #nextId = 1;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as WireMessage;
      if ('event' in message) {
        for (const listener of this.#listeners) listener(message.event, message.payload);
        return;
      }
      const pending = this.#pending.get(message.id);
      this.#pending.delete(message.id);
      if ('error' in message) pending?.reject(fromErrorDto(message.error));
      else pending?.resolve(message.result);
    });
    socket.on('close', () => {
      for (const { reject } of this.#pending.values()) reject(new Error('The local shell closed the socket.'));
    });
  }

  call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallResult<N>> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#socket.send(JSON.stringify({ id, name, input }));
    });
  }

  event<E extends EventName>(name: E, wanted: (payload: Events[E]) => boolean, timeoutMs: number): Promise<Events[E]> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#listeners.delete(listener);
        reject(new Error(`No ${name} came in ${timeoutMs / 1000} s.`));
      }, timeoutMs);
      const listener = (event: string, payload: unknown) => {
        if (event !== name || !wanted(payload as Events[E])) return;
        clearTimeout(timer);
        this.#listeners.delete(listener);
        resolve(payload as Events[E]);
      };
      this.#listeners.add(listener);
    });
  }
}
