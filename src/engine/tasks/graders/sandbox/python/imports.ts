/**
 * What a WebAssembly module may call is what it imports: here the imports of Pyodide's are replaced, before it is
 * instantiated, by functions that can be closed. What stays open is a list of what programs need, so a function that a
 * later Pyodide adds is closed until somebody says otherwise.
 */

/** Open for ever: they compute, tell the time, or reach Python's own file system, which cannot be changed. */
const open = new Set([
  // files
  '__syscall_chdir', '__syscall_dup', '__syscall_faccessat', '__syscall_fcntl64', '__syscall_fstat64', '__syscall_getcwd', '__syscall_getdents64', '__syscall_ioctl', '__syscall_lstat64',
  '__syscall_newfstatat', '__syscall_openat', '__syscall_readlinkat', '__syscall_stat64', '__syscall_getuid32_js', 'fd_close', 'fd_fdstat_get', 'fd_pread', 'fd_read', 'fd_seek', 'fd_write',
  // time and chance
  'clock_res_get', 'clock_time_get', 'emscripten_date_now', 'emscripten_get_now', 'emscripten_get_now_res', '_gmtime_js', '_localtime_js', '_mktime_js', '_timegm_js', '_tzset_js', 'random_get',
  // memory, which is limited, and the interrupt at the end of a row's time
  'emscripten_resize_heap', '_Py_CheckEmscriptenSignals_Helper',
]);
/** Closed, but with an answer that C code expects: the number that says that there is no such thing. */
const refusals: Record<string, number> = { getaddrinfo: -4, _emscripten_system: -1, can_run_sync_js: 0 };
/** emscripten's number for EPERM */
const notPermitted = 63;

/** A closed import was called; the message is its name. */
export class ClosedDoor extends Error {}

/**
 * Holds for the modules that are instantiated after it. `close()` shuts what is not open: a system call then fails as one
 * that is not permitted, and anything else throws `ClosedDoor` through WebAssembly, which leaves the instance useless.
 */
export function gateImports(): { close(): void; refused(): ClosedDoor | null } {
  let closed = false;
  let refused: ClosedDoor | null = null;
  const gated = (name: string, door: (...args: unknown[]) => unknown): ((...args: unknown[]) => unknown) =>
    // emscripten keeps a function's signature on the function
    Object.assign((...args: unknown[]): unknown => {
      if (!closed) return door(...args);
      if (name.startsWith('__syscall_')) return -notPermitted;
      const refusal = refusals[name];
      if (refusal !== undefined) return refusal;
      throw (refused = new ClosedDoor(name));
    }, door);
  const instantiate = WebAssembly.instantiate.bind(WebAssembly) as (source: unknown, imports?: WebAssembly.Imports) => Promise<unknown>;
  const replaced = new Set<object>();
  Reflect.set(WebAssembly, 'instantiate', (source: unknown, imports?: WebAssembly.Imports) => {
    for (const functions of [imports?.env, imports?.wasi_snapshot_preview1]) {
      if (functions === undefined || replaced.has(functions)) continue; // one object may stand for both
      replaced.add(functions);
      for (const [name, value] of Object.entries(functions)) {
        if (typeof value === 'function' && !open.has(name)) functions[name] = gated(name, value as (...args: unknown[]) => unknown);
      }
    }
    return instantiate(source, imports);
  });
  // stack switching would let WebAssembly call JavaScript by another kind of import
  for (const name of ['Suspending', 'promising']) Reflect.deleteProperty(WebAssembly, name);
  return {
    close() {
      closed = true;
    },
    refused: () => refused,
  };
}
