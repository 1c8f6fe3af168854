/**
 * The process that runs Python from outside: Pyodide (CPython in WebAssembly) behind four walls.
 * 1. WebAssembly: Python sees its own memory and a file system of its own, made read-only here.
 * 2. No door to JavaScript: `js` is empty, `pyodide_js` and `run_js` are taken away, code generation is off.
 * 3. This process was started with Node's permission model: it reads Pyodide's folder and this file, and nothing else.
 * 4. The parent kills it when a row takes too long; memory cannot grow over a limit.
 * Around every piece of code the whole WebAssembly memory is put back to what it was in the beginning (2 ms for 30 MB),
 * so nothing that an answer patches, imports or leaves behind reaches its tests, or the next row.
 */
import { constants } from 'node:fs';
import hostProcess from 'node:process';
import { pathToFileURL } from 'node:url';

interface Pyodide {
  runPython(code: string): unknown;
  unregisterJsModule(name: string): void;
  setStdin(options: { error: boolean }): void;
  setStdout(options: { write(bytes: Uint8Array): number }): void;
  setStderr(options: { write(bytes: Uint8Array): number }): void;
  setInterruptBuffer(buffer: unknown): void;
  FS: { streams: unknown[]; currentPath: string; filesystems: { MEMFS: { ops_table: Record<'dir' | 'file', { node: Record<string, unknown>; stream: Record<string, unknown> }> } }; ErrnoError: new (code: number) => Error };
  _module: { HEAPU8: Uint8Array };
}
interface Setup { pyodideFolder: string; runner: string; rowMs: number; memoryBytes: number }
/** What a row's tests are made of, and the sources of its answer, as `python.ts` writes them. */
interface Row { answer: Record<string, unknown>; tests: Record<string, unknown> }
type Verdict = { passed: boolean; reason: string };
type TestsSay = Verdict | { asks: unknown[] };
type AnswerSays = { broken: string } | { results: unknown[] };

const send = (message: unknown): Promise<void> => new Promise((resolve) => hostProcess.send?.(message, () => resolve()));
/** Rounds between tests and answer, text that one side may say (characters), and rows whose first questions are kept. */
const mostRounds = 24;
const longestText = 16_000_000;
const mostKept = 256;
/** emscripten's number for EROFS */
const readOnlyFileSystem = 69;

const setup = JSON.parse(hostProcess.argv[2] ?? '{}') as Setup;
limitMemory(setup.memoryBytes);
// emscripten asks for these numbers by a way that the permission model closes
Reflect.set(hostProcess, 'binding', () => ({ fs: constants }));
const { loadPyodide } = (await import(pathToFileURL(`${setup.pyodideFolder}/pyodide.mjs`).href)) as { loadPyodide(options: object): Promise<Pyodide> };
const python = await loadPyodide({ indexURL: `${setup.pyodideFolder}/`, jsglobals: Object.create(null) as object, fullStdLib: false, checkAPIVersion: false });
const drop = { write: (bytes: Uint8Array): number => bytes.length };
python.setStdin({ error: true });
python.setStdout(drop);
python.setStderr(drop);
/** Processor time, so that a busy machine does not change a grade. */
const cpuMs = (): number => {
  const { user, system } = hostProcess.cpuUsage();
  return (user + system) / 1000;
};
let deadline = Infinity;
// Python polls this "buffer" as it runs and clears what it read: 2 is SIGINT, which raises KeyboardInterrupt
python.setInterruptBuffer({
  get 0() {
    if (deadline === Infinity || cpuMs() < deadline) return 0;
    deadline += 100; // asked again where the code swallowed the first; the parent's clock ends the rest
    return 2;
  },
  set 0(_value: number) {},
});
python.unregisterJsModule('pyodide_js');
python.runPython(setup.runner);
const runAnswer = python.runPython('run_answer') as (payload: string) => unknown;
const runTests = python.runPython('run_tests') as (payload: string) => unknown;
closeFileSystem(python);
closeHost();
const baseline = { heap: python._module.HEAPU8.slice(), streams: [...python.FS.streams], path: python.FS.currentPath };
/** The operations that tests ask for before any result is known: the same for every answer to a row. */
const firstAsks = new Map<string, TestsSay>();

hostProcess.on('message', (batch: { items: { index: number; payload: string }[] }) => void work(batch.items));
await send({ ready: true });

async function work(items: { index: number; payload: string }[]): Promise<void> {
  for (const { index, payload } of items) {
    let value: Verdict;
    try {
      value = judge(JSON.parse(payload) as Row);
    } catch (error) {
      // WebAssembly itself failed (stack overflow, abort): this instance is not to be trusted any more
      await send({ index, value: { passed: false, reason: `the code crashed Python (${error instanceof Error ? error.name : 'error'})` } });
      hostProcess.exit(1);
    }
    await send({ index, value });
  }
}

/**
 * Tests and answer never share an interpreter: the tests say which calls they make, the answer's side makes them, and
 * the tests run on what came back, each time from the same clean memory. Tests whose calls depend on results take
 * more rounds.
 */
function judge({ answer, tests }: Row): Verdict {
  const time = { answer: setup.rowMs, tests: setup.rowMs };
  const askTests = (known: unknown[]): TestsSay => apart(runTests, JSON.stringify({ ...tests, known }), time, 'tests') as TestsSay;
  const key = JSON.stringify(tests);
  let say = firstAsks.get(key) ?? askTests([]);
  if (firstAsks.size >= mostKept) firstAsks.clear();
  firstAsks.set(key, say);
  for (let round = 0; round < mostRounds; round++) {
    const asks = 'asks' in say ? say.asks : [];
    const said = apart(runAnswer, JSON.stringify({ ...answer, operations: asks }), time, 'answer') as AnswerSays;
    if ('broken' in said) return { passed: false, reason: `the code: ${String(said.broken)}`.slice(0, 300) };
    if (!('asks' in say)) return say;
    const known = asks.slice(0, said.results.length).map((operation, index) => [operation, said.results[index]]);
    say = askTests(known);
    if (!('asks' in say)) return say;
  }
  return { passed: false, reason: 'the tests do not come to an end' };
}

/** Runs one side by itself, on memory as it was in the beginning, within what is left of its time. */
function apart(side: (payload: string) => unknown, payload: string, time: Record<'answer' | 'tests', number>, whose: 'answer' | 'tests'): unknown {
  const began = cpuMs();
  deadline = began + Math.max(1, time[whose]);
  const said = side(payload);
  deadline = Infinity;
  time[whose] -= cpuMs() - began;
  restore();
  // an answer that took its side over may give back anything
  if (typeof said !== 'string' || said.length > longestText) throw new TypeError('no text');
  return JSON.parse(said);
}

/** Puts Python back as it was: its memory (which never shrinks: what was added is cleared), its open files, its folder. */
function restore(): void {
  const heap = python._module.HEAPU8;
  heap.set(baseline.heap);
  heap.fill(0, baseline.heap.length);
  python.FS.streams.length = 0;
  python.FS.streams.push(...baseline.streams);
  python.FS.currentPath = baseline.path;
}

/** Growing fails as it does on a full machine, which Python reports as MemoryError. */
function limitMemory(bytes: number): void {
  const grow = WebAssembly.Memory.prototype.grow;
  WebAssembly.Memory.prototype.grow = function (this: WebAssembly.Memory, pages: number): number {
    if (this.buffer.byteLength + pages * 65_536 > bytes) throw new RangeError('memory limit');
    return grow.call(this, pages);
  };
}

/** No row can change a file that the next one reads, or fill memory with files. */
function closeFileSystem({ FS }: Pyodide): void {
  const refuse = (): never => {
    throw new FS.ErrnoError(readOnlyFileSystem);
  };
  const { dir, file } = FS.filesystems.MEMFS.ops_table;
  for (const name of ['mknod', 'rename', 'unlink', 'rmdir', 'symlink', 'setattr']) dir.node[name] = refuse;
  file.node.setattr = refuse;
  for (const name of ['write', 'allocate', 'mmap', 'msync']) file.stream[name] = refuse;
}

/** What JavaScript could still be talked into, should Python ever reach it. */
function closeHost(): void {
  for (const name of ['fetch', 'WebSocket', 'EventSource', 'Worker', 'XMLHttpRequest', 'process', 'require', 'navigator', 'Request', 'Response', 'BroadcastChannel']) {
    Reflect.deleteProperty(globalThis, name);
  }
}
