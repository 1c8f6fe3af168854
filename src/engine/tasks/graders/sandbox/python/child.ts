/**
 * A process that runs one side of a row in Python (Pyodide: CPython in WebAssembly): an answer, or the tests. Never
 * both: what an answer makes of its own process gains it nothing but the right to name its results (`judge.ts`).
 * Walls around it, from the inside out:
 * 1. WebAssembly sees its own memory, and calls what it imports. Once Python stands, the imports that a program needs
 *    to compute, to read its library and to know the time stay open (`imports.ts`); any other ends the row and this
 *    process. No JavaScript object can be made, called or changed from Python, with `ctypes` and by hand-made
 *    bytecode as little as by its modules.
 * 2. Behind every piece of code the memory is put back to what it was in the beginning (2 ms for 30 MB), so nothing
 *    that it patches, imports or leaves behind is there for the next.
 * 3. The file system is Python's own and cannot be changed; the built-in objects of JavaScript are frozen.
 * 4. Node's permission model: this process reads Pyodide's folder and its own files, and nothing else.
 * 5. The watchdog kills it when a row takes too long or too much memory, or when the parent is gone.
 */
import hostProcess from 'node:process';
import { given, serve } from '../serve.ts';
import { ClosedDoor, gateImports } from './imports.ts';
import { freezeIntrinsics } from './intrinsics.ts';
import { startPython } from './pyodide.ts';

/** It is given the image of Python's memory, as base64. */
interface Setup { pyodideFolder: string; source: string; side: string; memoryBytes: number }
/** What a side is asked: its input as JSON, and how much processor time it may take. */
export interface Ask { input: string; ms: number }
/** What it said: JSON, or null where it ended without a word; or what ended it, or Python, before it could say anything. */
type Said = { text: string | null; usedMs: number } | { crashed: string };

/** text that a side may say, bytes */
const longestText = 16_000_000;
/** Doors that stand for an end of the program. */
const closings: Record<string, string> = { proc_exit: 'ends the program', _abort_js: 'crashed Python (abort)' };
/** emscripten's number for EROFS */
const readOnlyFileSystem = 69;

/** Whether this row was refused memory, and whether it was told that its time is over. */
let memoryEnded = false;
let timeEnded = false;
const setup = JSON.parse(hostProcess.argv[2] ?? '{}') as Setup;
limitMemory(setup.memoryBytes);
const gate = gateImports();
const python = await startPython({ pyodideFolder: setup.pyodideFolder, image: Buffer.from(await given(), 'base64') });
const { FS, _module: core } = python;
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
    timeEnded = true;
    deadline += 100; // asked again where the code swallowed the first; the parent's clock ends the rest
    return 2;
  },
  set 0(_value: number) {},
});
python.unregisterJsModule('pyodide_js');
python.runPython(setup.source);
closeFileSystem();
closeHost();
freezeIntrinsics();
const side = withText('__main__', (main) => withText(setup.side, (name) => core._PyObject_GetAttrString(core._PyImport_AddModule(main), name)));
const sizeAt = core._malloc(4);
gate.close();
const baseline = { heap: core.HEAPU8.slice(), stack: core.stackSave(), streams: FS.streams.map((stream) => ({ stream, flags: stream?.flags, position: stream?.position })), path: FS.currentPath };

await serve((payload) => {
  const { input, ms } = JSON.parse(payload) as Ask;
  return { value: run(input, ms) };
}, (error): { value: Said; last: true } => ({ value: { crashed: crash(error) }, last: true }));

/** Runs the side on memory as it was in the beginning. No object of JavaScript is made for it: only bytes go in and out. */
function run(input: string, ms: number): Said {
  const began = cpuMs();
  deadline = began + Math.max(1, ms);
  memoryEnded = timeEnded = false;
  const argument = withText(input, (at, bytes) => core._PyUnicode_FromStringAndSize(at, bytes));
  const said = argument === 0 ? 0 : core._PyObject_CallOneArg(side, argument);
  const text = said === 0 ? null : textOf(said);
  deadline = Infinity;
  const refused = gate.refused();
  if (refused !== null) throw refused;
  const usedMs = cpuMs() - began;
  restore();
  // what ended the code has ended also what would have told of it
  const ended = text === null ? endedBy() : null;
  return ended === null ? { text, usedMs } : { crashed: ended };
}

/** What this row ran out of, in words. */
const endedBy = (): string | null => (memoryEnded ? 'used too much memory' : timeEnded ? 'took too long' : null);

/** Copies a text into Python's memory for as long as `use` reads it. */
function withText<T>(text: string, use: (at: number, bytes: number) => T): T {
  const bytes = Buffer.from(text, 'utf8');
  const at = core._malloc(bytes.length + 1);
  if (at === 0) throw new RangeError('no memory for the input');
  core.HEAPU8.set(bytes, at);
  core.HEAPU8[at + bytes.length] = 0;
  const result = use(at, bytes.length);
  core._free(at);
  return result;
}

/** The text of a Python string; null where the object is none, or is longer than may be said. */
function textOf(object: number): string | null {
  const at = core._PyUnicode_AsUTF8AndSize(object, sizeAt);
  const memory = core.HEAPU8;
  const bytes = new DataView(memory.buffer).getUint32(sizeAt, true);
  return at <= 0 || bytes > longestText || at + bytes > memory.length ? null : Buffer.from(memory.subarray(at, at + bytes)).toString('utf8');
}

/** Puts Python back as it was: its memory (which never shrinks: what was added is cleared), its stack, its open files, its folder. */
function restore(): void {
  const heap = core.HEAPU8;
  heap.set(baseline.heap);
  heap.fill(0, baseline.heap.length);
  core.stackRestore(baseline.stack);
  FS.streams.length = 0;
  for (const { stream, ...state } of baseline.streams) FS.streams.push(stream && Object.assign(stream, state));
  FS.currentPath = baseline.path;
}

/** In words, what WebAssembly or a closed door threw: this instance is not to be trusted any more. */
function crash(error: unknown): string {
  if (error instanceof ClosedDoor) return closings[error.message] ?? `reached for what it may not have (${error.message})`;
  // freeing what nests deeply overflows the stack: what it was freed for is the reason
  return endedBy() ?? `crashed Python (${error instanceof Error ? error.name + ': ' + error.message : 'error'})`.slice(0, 200);
}

/** Growing fails as it does on a full machine, which Python reports as MemoryError. */
function limitMemory(bytes: number): void {
  const grow = WebAssembly.Memory.prototype.grow;
  WebAssembly.Memory.prototype.grow = function (this: WebAssembly.Memory, pages: number): number {
    if (this.buffer.byteLength + pages * 65_536 > bytes) {
      memoryEnded = true;
      throw new RangeError('memory limit');
    }
    return grow.call(this, pages);
  };
}

/** No row can change a file that the next one reads, or fill memory with files. */
function closeFileSystem(): void {
  const refuse = (): never => {
    throw new FS.ErrnoError(readOnlyFileSystem);
  };
  const { dir, file } = FS.filesystems.MEMFS.ops_table;
  for (const name of ['mknod', 'rename', 'unlink', 'rmdir', 'symlink', 'setattr']) dir.node[name] = refuse;
  file.node.setattr = refuse;
  for (const name of ['write', 'allocate', 'mmap', 'msync']) file.stream[name] = refuse;
  FS.createNode = refuse; // pipes and sockets are nodes too
}

/** What JavaScript could still be talked into, should Python ever reach it. */
function closeHost(): void {
  for (const name of ['fetch', 'WebSocket', 'EventSource', 'Worker', 'XMLHttpRequest', 'process', 'require', 'navigator', 'Request', 'Response', 'BroadcastChannel']) {
    Reflect.deleteProperty(globalThis, name);
  }
}
