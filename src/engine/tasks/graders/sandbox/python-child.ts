/**
 * The process that runs Python from outside: Pyodide (CPython in WebAssembly) behind four walls.
 * 1. WebAssembly: Python sees its own memory and a file system of its own, made read-only here.
 * 2. No door to JavaScript: `js` is empty, `pyodide_js` and `run_js` are taken away, code generation is off.
 * 3. This process was started with Node's permission model: it reads Pyodide's folder and this file, and nothing else.
 * 4. The parent kills it when a row takes too long; memory cannot grow over a limit.
 * After every row the whole WebAssembly memory is put back to what it was before the first one (2 ms for 30 MB), so
 * nothing that a row patches, imports or leaves behind reaches the next.
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
  FS: { filesystems: { MEMFS: { ops_table: Record<'dir' | 'file', { node: Record<string, unknown>; stream: Record<string, unknown> }> } }; ErrnoError: new (code: number) => Error };
  _module: { HEAPU8: Uint8Array };
}
interface Setup { pyodideFolder: string; runner: string; rowMs: number; memoryBytes: number }

const send = (message: unknown): Promise<void> => new Promise((resolve) => hostProcess.send?.(message, () => resolve()));
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
const run = python.runPython(setup.runner) as (payload: string) => string;
closeFileSystem(python);
closeHost();
const baseline = python._module.HEAPU8.slice();

hostProcess.on('message', (batch: { items: { index: number; payload: string }[] }) => void work(batch.items));
await send({ ready: true });

async function work(items: { index: number; payload: string }[]): Promise<void> {
  for (const { index, payload } of items) {
    let value: unknown;
    deadline = cpuMs() + setup.rowMs;
    try {
      value = JSON.parse(run(payload));
    } catch (error) {
      // WebAssembly itself failed (stack overflow, abort): this instance is not to be trusted any more
      await send({ index, value: { passed: false, reason: `the code crashed Python (${error instanceof Error ? error.name : 'error'})` } });
      hostProcess.exit(1);
    }
    deadline = Infinity;
    restore();
    await send({ index, value });
  }
}

/** Puts Python's memory back. Memory never shrinks: what was added is cleared. */
function restore(): void {
  const heap = python._module.HEAPU8;
  heap.set(baseline);
  heap.fill(0, baseline.length);
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
