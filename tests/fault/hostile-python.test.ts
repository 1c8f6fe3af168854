/**
 * Hostile programs as answers to rows that run Python; those that forge a pass (H1) are in forged-python.test.ts. Rules held here:
 *   H2 every program ends within its budget of time, memory and output
 *   H3 nothing is read, written, sent or started, and JavaScript is out of reach
 *   H4 the next row is graded correctly, and finds Python as it was
 *   H5 no process outlives the engine that started it
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { pythonGrader } from '../../src/engine/tasks/graders/python.ts';
import { isAlive } from '../../src/main/engine/testing/isAlive.ts';
import { core, limits, row, watchful } from './python-rows.ts';

const grader = pythonGrader('python', limits);
afterAll(() => grader.dispose());

/** A file that is there, for everybody but the answers; its path is a string in Python as it is in JSON. */
const packageFile = fileURLToPath(new URL('../../package.json', import.meta.url));

/** Programs that want out, or everything (H2, H3): at the top, and again inside the function that is tested. */
const programs: [name: string, code: string][] = [
  ['a loop without end', 'while True: pass'],
  ['a loop that swallows its end', 'while True:\n  try:\n    while True: pass\n  except BaseException: pass'],
  ['memory', 'kept = []\nwhile True: kept.append("a" * 10**6)'],
  ['one block of memory', 'kept = bytearray(2 ** 31)'],
  ['a number without end', '9 ** 9 ** 9'],
  ['output', 'while True: print("x" * 10**5)'],
  ['a file of the machine', 'open("/etc/passwd").read()\nraise OSError'],
  ['files of the package', 'import os\nfor root, _, files in os.walk("/"):\n  for name in files:\n    if name.endswith((".ts", ".mjs", ".wasm", "package.json")): left = open(os.path.join(root, name)).read()\nopen(' + JSON.stringify(packageFile) + ')'],
  ['writing', 'open("/tmp/left", "w").write("x")'],
  ['a folder', 'import os\nos.mkdir("/tmp/left")'],
  ['a socket', 'import socket\nsocket.create_connection(("127.0.0.1", 80), timeout=1)'],
  ['a listening socket', 'import socket\ns = socket.socket()\ns.bind(("127.0.0.1", 9))\ns.listen()\ns.accept()'],
  ['an address', 'import urllib.request\nurllib.request.urlopen("http://127.0.0.1/")'],
  ['import js', 'import js\njs.process.exit(0)'],
  ['import pyodide_js', 'import pyodide_js'],
  ['run_js', 'from pyodide.code import run_js\nrun_js("process.exit(0)")'],
  ['run_js of the core', 'import _pyodide_core\n_pyodide_core.run_js("process.exit(0)")'],
  ['the core built again', 'import _imp, sys, importlib.machinery\nsys.modules.pop("_pyodide_core")\ncore = _imp.create_builtin(importlib.machinery.ModuleSpec("_pyodide_core", None))\nproxy = core.create_proxy(lambda: 1)\nproxy.constructor.constructor("return process")().exit(0)'],
  ['JavaScript objects by the core', `${core}core.to_js([1, 2])`],
  ['JavaScript functions by the core', `${core}core.create_proxy(print)`],
  ['JavaScript objects by ctypes', 'import ctypes\nctypes.CDLL(None).JsProxy_create(4)'],
  ['JavaScript references by ctypes', 'import ctypes\nctypes.pythonapi.hiwire_get(4)'],
  ['bytecode by hand', 'def f(): pass\nf.__code__ = f.__code__.replace(co_code=bytes([255, 255] * 50))\nf()\nraise OSError'],
  ['importlib', 'import importlib\nimportlib.reload(importlib.import_module("pyodide.code")).run_js("1")'],
  ['pyodide.ffi', 'from pyodide.ffi import to_js, create_proxy\nto_js([1]).constructor.constructor("return this")()'],
  ['pyodide.http', 'from pyodide.http import open_url\nopen_url("http://127.0.0.1/")'],
  ['__import__', '__import__("js")'],
  ['a walk over all objects', 'import gc\nfound = [o for o in gc.get_objects() if "JsProxy" in [k.__name__ for k in type(o).__mro__]]\nfound[0].constructor'],
  ['ctypes', 'import ctypes\nctypes.CDLL(None).emscripten_run_script(b"process.exit(0)")'],
  ['the event loop', 'import asyncio\nasyncio.get_event_loop().call_later(0, lambda: 1)\nasyncio.get_event_loop().run_forever()\nraise OSError'],
  ['memory in pipes', 'import os\nwhile True:\n  r, w = os.pipe()\n  for _ in range(1000): os.write(w, b"x" * 65536)'],
  ['memory in sockets', 'import socket\na, b = socket.socketpair()\nwhile True: a.send(b"x" * 65536)'],
  ['memory of many small objects', 'kept = None\nwhile True: kept = (kept, object())'],
  ['a timer for later', 'import signal\nsignal.setitimer(signal.ITIMER_REAL, 0.01)\nraise OSError'],
  ['JavaScript to run later', 'import asyncio\nfrom pyodide.webloop import WebLoop\nWebLoop().call_later(0, print)\nraise OSError'],
  ['a process', 'import subprocess\nsubprocess.run(["ls"])'],
  ['a fork', 'import os\nwhile True: os.fork()'],
  ['a shell', 'import os\nif os.system("ls") != 0: raise OSError'],
  ['threads', 'import threading\nwhile True: threading.Thread(target=lambda: 1).start()'],
  ['recursion', 'def f(n): return f(n + 1)\nf(0)'],
  ['recursion without a limit', 'import sys\nsys.setrecursionlimit(10**9)\ndef f(n): return f(n + 1)\nf(0)'],
  ['nested brackets', `left = ${'('.repeat(5000)}1${')'.repeat(5000)}`],
  ['abort', 'import os\nos.abort()'],
  ['a wrong address', 'import ctypes\nctypes.string_at(2**31 - 8, 8)'],
  ['files left open, and another folder', 'import os, sys, builtins\nsys.left = builtins.left = 1\nsys.modules["left"] = sys\nos.environ["LEFT"] = "1"\nkept = [os.open("/lib/python314.zip", os.O_RDONLY) for _ in range(200)]\nos.chdir("/tmp")\nos.close(0); os.close(1); os.close(2)\nraise OSError'],
  ['modules changed', 'import math, json, collections, sys\nmath.sin = json.loads = collections.Counter.update = None\nsys.setrecursionlimit(10**6)\nsys.modules["math"] = None\nsys.meta_path.clear()\nsys.path.clear()\nraise OSError'],
  ['signals', 'import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass'],
  ['waiting', 'import time\ntime.sleep(10**6)'],
  ['input', 'input()'],
];

describe('H2, H3 and H4: programs', () => {
  test.each(programs)('%s', async (_name, code) => {
    const inside = `def total(xs):\n${code.replace(/^/gm, '  ')}`;
    const began = performance.now();
    const grades = await grader.gradeBatch([code, watchful(), inside, watchful()].map((answer) => ({ answer, row })));
    expect(performance.now() - began).toBeLessThan(4 * (limits.killMs + limits.startMs));
    expect(grades.map(({ score }) => score), JSON.stringify(grades)).toEqual([0, 1, 0, 1]);
  });
});

/** The processes that a process started, by the system's table. */
const childrenOf = (pid: number): number[] => execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).split('\n').map((line) => line.trim().split(/\s+/).map(Number)).flatMap(([child, parent]) => (parent === pid ? [child] : []));
describe.skipIf(process.platform === 'win32')('H5', () => {
  test('graders at work and at rest end when their engine is killed', async () => {
    const engine = spawn(process.execPath, [fileURLToPath(new URL('graders-at-work.ts', import.meta.url))], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(engine.stdout, 'data');
    const children = childrenOf(engine.pid ?? 0);
    expect(children).toHaveLength(4);
    await wait(500);
    engine.kill('SIGKILL');
    await expect.poll(() => children.filter(isAlive)).toEqual([]);
  });
});
