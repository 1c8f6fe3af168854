/**
 * A process for code from outside: started with Node's permission model, fed rows in batches, ended when a row takes
 * too long, and started again for the rows after it. One batch at a time; it stays warm between batches.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { lstatSync, realpathSync } from 'node:fs';
import { dirname, join, parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SingularError } from '../../../../shared/errors.ts';
import type { Watch } from './watchdog.ts';

export interface SandboxOptions {
  /** in words, for errors: "The Python sandbox" */
  name: string;
  /** the script that the process runs, and what else it may read */
  script: string;
  readable: readonly string[];
  /** given to the script as JSON */
  setup: unknown;
  /** what is too long for that, given to the script as its first message; `bad`: what a process was given that did not start. Errors: it does not start */
  given?: (bad?: string) => Promise<string>;
  /** longest processor time of a row; by the clock it has `patience` times as much */
  rowMs: number;
  /** longest start, by the clock */
  startMs: number;
  /** of JavaScript; WebAssembly's memory is limited by the script */
  heapMb: number;
  /** of the whole process; its watchdog ends it above */
  rssMb: number;
}
export type SandboxOutcome = { value: unknown } | { failed: 'time' | 'died' };
/** What takes rows as text and gives an outcome for each. */
export interface Sandbox {
  run(payloads: readonly string[]): Promise<SandboxOutcome[]>;
  dispose(): Promise<void>;
}
interface Running { child: ChildProcess; complaint: string }
/** `last`: the process ends behind this value. */
type Message = { ready: true } | { begun: true } | { index: number; value: unknown; last?: true };

/** A row whose process gets a tenth of a core still has its time; what only waits is ended by the clock. */
const patience = 10;
/** By the clock: how long the parent leaves the end of a row to the process's own watchdog. */
const watchdogMs = 10_000;
const overTime = 'The row is over its time.';
/** Processes in a row that end before a batch has begun: after so many it is the batch. */
const mostGone = 3;

export class SandboxProcess implements Sandbox {
  private readonly options: SandboxOptions;
  private running: Promise<Running> | undefined;
  private queue: Promise<unknown> = Promise.resolve();
  private disposed = false;
  /** what a process was given that did not start, until another is asked for */
  private badGift: string | undefined;
  private awaitsGift = false;

  constructor(options: SandboxOptions) {
    this.options = options;
  }

  /** Outcomes in the order of `payloads`. Errors: `unavailable` where the process does not start. */
  run(payloads: readonly string[]): Promise<SandboxOutcome[]> {
    const turn = this.queue.then(() => this.runAll(payloads));
    this.queue = turn.catch(() => {});
    return turn;
  }

  /** Starts the process before there is anything to do. */
  warm(): void {
    this.started().catch(() => {}); // said to whoever runs something
  }

  /** A process that takes rows; one that does not start leaves the way open for the next. */
  private started(): Promise<Running> {
    if (this.running) return this.running;
    const running = this.start().catch((error: unknown) => {
      // what it was given may be at fault, and there may be better
      if (this.badGift === undefined || this.disposed) throw error;
      return this.start();
    });
    running.catch(() => {
      if (this.running === running) this.running = undefined;
    });
    return (this.running = running);
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    const running = this.running;
    this.running = undefined;
    // it sees for itself that it is not wanted any more
    if (this.awaitsGift) running?.catch(() => {});
    else (await running?.catch(() => undefined))?.child.kill('SIGKILL');
  }

  private async runAll(payloads: readonly string[]): Promise<SandboxOutcome[]> {
    const outcomes: SandboxOutcome[] = [];
    let gone = 0;
    while (outcomes.length < payloads.length) {
      if (this.disposed) throw closed(this.options.name);
      const running = await this.started();
      const before = outcomes.length;
      const failed = await this.feed(running, payloads, outcomes);
      if (failed === undefined) break;
      running.child.kill('SIGKILL');
      this.running = undefined;
      // one that ended at rest costs no row, unless no other does better
      gone = failed === 'gone' && outcomes.length === before ? gone + 1 : 0;
      if (gone > 0 && gone < mostGone) continue;
      gone = 0;
      // a process that ends by itself behind a result has named the reason in that result
      if (failed === 'time' || outcomes.length === before) outcomes.push({ failed: failed === 'time' ? 'time' : 'died' });
      // the next one starts while the caller goes on
      if (!this.disposed) this.warm();
    }
    return outcomes;
  }

  /** Sends the rows that have no outcome yet; resolves when all have one, or with why the process is of no more use. */
  private feed(running: Running, payloads: readonly string[], outcomes: SandboxOutcome[]): Promise<'time' | 'died' | 'gone' | undefined> {
    const { child } = running;
    const limitMs = this.options.rowMs * patience + watchdogMs;
    let begun = false;
    return new Promise((resolve) => {
      let timer = setTimeout(() => end('time'), limitMs);
      const end = (failed: 'time' | 'died' | 'gone' | undefined): void => {
        clearTimeout(timer);
        child.off('message', onMessage);
        child.off('close', onClose);
        resolve(failed);
      };
      // closed, not only ended: by then its last words are read
      const onClose = (): void => end(!begun ? 'gone' : running.complaint.includes(overTime) ? 'time' : 'died');
      const onMessage = (message: Message | null): void => {
        if (typeof message !== 'object' || message === null) return; // of code that took its process over
        if ('begun' in message) begun = true;
        if (!('index' in message) || message.index !== outcomes.length) return;
        outcomes.push({ value: message.value });
        clearTimeout(timer);
        if (message.last) end('died');
        else if (outcomes.length === payloads.length) end(undefined);
        else timer = setTimeout(() => end('time'), limitMs);
      };
      child.on('message', onMessage);
      child.on('close', onClose);
      if (child.exitCode !== null || child.signalCode !== null || !child.connected) {
        end('gone');
        return;
      }
      const first = outcomes.length;
      child.send({ items: payloads.slice(first).map((payload, offset) => ({ index: first + offset, payload })) }, () => {});
    });
  }

  private async taken(given: NonNullable<SandboxOptions['given']>): Promise<string> {
    const bad = this.badGift;
    this.badGift = undefined;
    this.awaitsGift = true;
    try {
      return await given(bad);
    } finally {
      this.awaitsGift = false;
    }
  }

  private async start(): Promise<Running> {
    const { name, script, readable, setup, given, rowMs, startMs, heapMb, rssMb } = this.options;
    const watch: Watch = { parent: process.pid, rowMs, waitMs: rowMs * patience, rssBytes: rssMb * 1024 * 1024, overTime };
    if (this.disposed) throw closed(name);
    const gift = given && (await this.taken(given));
    if (this.disposed) throw closed(name);
    const child = fork(script, [JSON.stringify(setup), JSON.stringify(watch)], {
      // the watchdog is a thread
      execArgv: ['--allow-worker', ...confined({ readable: [script, ...common, ...readable], heapMb })],
      env: bareEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    if (gift !== undefined) child.send({ given: gift }, () => {});
    // a sandbox never keeps the application alive
    child.unref();
    child.channel?.unref();
    const running: Running = { child, complaint: '' };
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      running.complaint = (running.complaint + text).slice(-2000);
    });
    (child.stderr as unknown as { unref?(): void } | null)?.unref?.();
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        settle();
        child.kill('SIGKILL');
        const words = lastWords(running.complaint);
        reject(new SingularError('unavailable', `${name} does not start here: ${why}${words === '' ? '' : ` (${words})`}.`, { detail: running.complaint }));
      };
      const timer = setTimeout(() => fail(`it took longer than ${startMs / 1000} s`), startMs);
      const onExit = (code: number | null): void => {
        this.badGift = gift;
        fail(`its process ended with ${code ?? 'a signal'}`);
      };
      const onError = (error: Error): void => fail(error.message);
      const onMessage = (message: Message): void => {
        if (!('ready' in message)) return;
        settle();
        resolve(running);
      };
      const settle = (): void => {
        clearTimeout(timer);
        // of one that runs, what it does not answer says enough
        child.off('close', onExit).off('message', onMessage).off('error', onError).on('error', () => {});
      };
      // closed, not only ended: by then its last words are read
      child.on('close', onExit).on('message', onMessage).on('error', onError);
    });
  }
}

/** Node's flags for a process that reads these files and folders, and does nothing else to the machine. */
export function confined({ readable, heapMb }: Pick<SandboxOptions, 'readable' | 'heapMb'>): string[] {
  const paths = readable.flatMap((path) => [path, realpathSync(path)]);
  // a folder that Node is told of behind one of its files stays closed itself
  const allowed = [...new Set([...paths, ...paths.flatMap(above)])].toSorted();
  return ['--permission', ...allowed.map((path) => `--allow-fs-read=${path}`), '--disallow-code-generation-from-strings', '--no-warnings', `--max-old-space-size=${heapMb}`];
}

/** Nothing of this process's surroundings; Windows does not start a process without SystemRoot. */
export const bareEnvironment = (): NodeJS.ProcessEnv => (process.env.SystemRoot === undefined ? {} : { SystemRoot: process.env.SystemRoot });

const closed = (name: string): SingularError => new SingularError('cancelled', `${name} was closed.`);

/** What every child reads beside its script. */
const common = ['./serve.ts', './watchdog.ts'].map((file) => fileURLToPath(new URL(file, import.meta.url)));

/** Above a module Node looks for the `package.json` files, to learn its kind, and at the folders that are links, to learn its real path. */
function above(path: string): string[] {
  const found: string[] = [];
  for (let folder = dirname(path); dirname(folder) !== folder; folder = dirname(folder)) {
    found.push(join(folder, 'package.json'));
    if (lstatSync(folder).isSymbolicLink()) found.push(folder);
  }
  return [...found, join(parse(path).root, 'package.json')];
}

/** The line of a process's last words (its standard error) that says what went wrong; what was denied, where the permission model did. */
export function lastWords(stderr: string): string {
  const denied = /resource: '([^']+)'/.exec(stderr)?.[1];
  const line = stderr.split('\n').findLast((words) => /^\w*Error\b/.test(words.trim())) ?? '';
  return [line.trim(), ...(denied === undefined ? [] : [`it was denied ${denied}`])].filter((words) => words !== '').join('; ');
}
