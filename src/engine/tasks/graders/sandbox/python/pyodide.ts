/** Starts Pyodide (CPython in WebAssembly) as the sandbox wants it: no packages, no network, nothing of JavaScript to see. */
import { constants } from 'node:fs';
import hostProcess from 'node:process';
import { pathToFileURL } from 'node:url';
import { zstdDecompressSync } from 'node:zlib';

interface Pyodide {
  runPython(code: string): unknown;
  unregisterJsModule(name: string): void;
  setStdin(options: { error: boolean }): void;
  setStdout(options: { write(bytes: Uint8Array): number }): void;
  setStderr(options: { write(bytes: Uint8Array): number }): void;
  setInterruptBuffer(buffer: unknown): void;
  FS: { streams: ({ flags: number; position: number } | null)[]; currentPath: string; createNode: unknown; filesystems: { MEMFS: { ops_table: Record<'dir' | 'file', { node: Record<string, unknown>; stream: Record<string, unknown> }> } }; ErrnoError: new (code: number) => Error };
  _module: Interpreter;
  makeMemorySnapshot(): Uint8Array;
}
/** CPython's own functions; pointers are numbers, 0 is none. */
interface Interpreter {
  HEAPU8: Uint8Array;
  stackSave(): number;
  stackRestore(pointer: number): void;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  _PyImport_AddModule(name: number): number;
  _PyObject_GetAttrString(object: number, name: number): number;
  _PyUnicode_FromStringAndSize(text: number, bytes: number): number;
  _PyObject_CallOneArg(callable: number, argument: number): number;
  _PyUnicode_AsUTF8AndSize(text: number, size: number): number;
}

interface Start {
  pyodideFolder: string;
  /** Python's memory behind another start of it, compressed by zstd: it begins there. Undefined: it starts, and its memory can be made an image */
  image?: Uint8Array;
}

export async function startPython({ pyodideFolder, image }: Start): Promise<Pyodide> {
  // emscripten asks for these numbers by a way that the permission model closes
  Reflect.set(hostProcess, 'binding', () => ({ fs: constants }));
  const { loadPyodide } = (await import(pathToFileURL(`${pyodideFolder}/pyodide.mjs`).href)) as { loadPyodide(options: object): Promise<Pyodide> };
  return loadPyodide({
    indexURL: `${pyodideFolder}/`, jsglobals: Object.create(null) as object, fullStdLib: false, checkAPIVersion: false, ...(image ? { _loadSnapshot: zstdDecompressSync(image) } : { _makeSnapshot: true }),
  });
}
