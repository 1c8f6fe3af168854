/**
 * Hostile answers to rows that run Python. Rules held here:
 *   H1 no answer passes a test but by giving the right values, whatever it does to Python
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
import type { TaskRow } from '../../src/engine/host/protocol.ts';
import { pythonGrader, pythonLimits } from '../../src/engine/tasks/graders/python.ts';
import { isAlive } from '../../src/main/engine/testing/isAlive.ts';

const limits = { ...pythonLimits, rowMs: 600, killMs: 8000 };
const grader = pythonGrader('python', limits);
afterAll(() => grader.dispose());

const row: TaskRow = { row: 0, messages: [], reference: null, data: { test_list: ['assert total([1, 2]) == 3', 'assert abs(total([0.5, 0.25]) - 0.75) < 1e-9', 'assert not total([])', 'assert sorted(total(x) for x in ([4], [3])) == [3, 4]'] } };
const check: TaskRow = { row: 1, messages: [], reference: null, data: { prompt: 'def helper(x):\n    return x\n\ndef total(xs):\n    """The sum."""\n', entry_point: 'total', test: 'def check(candidate):\n    assert candidate([1, 2]) == 3, "wrong"\n    for n in range(3):\n        assert helper(candidate([n])) == n\n' } };

/** A right answer that looks whether anything was left behind; a new text each time, since grades of known texts are kept. */
let asked = 0;
const watchful = (): string => `# ${asked++}
import sys, os, builtins, math, json, random, gc, collections
def total(xs):
    assert builtins.len([1]) == 1 and math.sin(0) == 0 and json.loads('[1]') == [1] and sum([1]) == 1
    assert sys.gettrace() is None and sys.getprofile() is None and sys.getrecursionlimit() < 10_000
    assert not hasattr(sys, 'left') and not hasattr(builtins, 'left') and 'left' not in sys.modules and 'LEFT' not in os.environ
    assert os.getcwd() == '/home/pyodide' and not os.path.exists('/tmp/left')
    assert collections.Counter('aab')['a'] == 2 and 'lambda' not in repr(sys.excepthook)
    with open('/lib/python314.zip', 'rb') as file: assert file.fileno() < 10
    return sum(xs)
`;

/** Pyodide's core as its interpreter makes it again, whatever was taken out of the one that is loaded. */
const core = 'import sys, _imp, importlib.machinery\nsys.modules.pop("_pyodide_core", None)\ncore = _imp.create_builtin(importlib.machinery.ModuleSpec("_pyodide_core", importlib.machinery.BuiltinImporter))\n';

/** Answers that want a pass without giving the right values (H1). */
const forgers: [name: string, code: string][] = [
  ['an == that always holds', 'class Always:\n  def __eq__(self, other): return True\n  def __ne__(self, other): return False\n  def __sub__(self, other): return self\n  def __abs__(self): return self\n  def __lt__(self, other): return True\n  def __bool__(self): return False\n  def __hash__(self): return 0\ndef total(xs): return Always()'],
  ['a number whose == always holds', 'class Always(int):\n  def __eq__(self, other): return True\n  def __sub__(self, other): return Always(0)\n  def __lt__(self, other): return True\n  __hash__ = int.__hash__\ndef total(xs): return Always(99)'],
  ['a list whose == always holds', 'class Always(list):\n  def __eq__(self, other): return True\ndef total(xs): return Always()'],
  ['a class in place of the function', 'class total:\n  def __init__(self, *xs): pass\n  def __eq__(self, other): return True\n  def __bool__(self): return False'],
  ['leaving before the tests', 'raise SystemExit(0)'],
  ['leaving in the function', 'import sys\ndef total(xs): sys.exit(0)'],
  ['leaving at once', 'import os\nos._exit(0)'],
  ['leaving at once in the function', 'import os\ndef total(xs): os._exit(0)'],
  ['leaving with a generator', 'def total(xs): raise StopIteration'],
  ['builtins patched', 'import builtins\nbuiltins.abs = lambda x: 0\nbuiltins.sorted = lambda x: [3, 4]\nbuiltins.AssertionError = Exception\nbuiltins.compile = builtins.exec = builtins.eval = lambda *a, **k: None\ndef total(xs): return 99'],
  ['AssertionError patched and swallowed', 'import builtins, sys\nbuiltins.AssertionError = SystemExit\nsys.excepthook = lambda *a: None\nsys.unraisablehook = lambda *a: None\ndef total(xs): return 99'],
  ['assertions switched off', 'import sys, builtins, ast\nbuiltins.__debug__\nast.Assert = ast.Pass\nast.parse = lambda *a, **k: ast.Module([], [])\ndef total(xs): return 99'],
  ['json patched', 'import json, json.encoder\njson.dumps = lambda *a, **k: \'{"passed": true, "reason": "x"}\'\njson.JSONEncoder.encode = lambda *a: \'{"passed": true, "reason": "x"}\'\njson.JSONEncoder.iterencode = lambda *a: [\'{"passed": true, "reason": "x"}\']\njson.encoder.encode_basestring_ascii = json.encoder.c_make_encoder = None\ndef total(xs): return 99'],
  ['a trace function that jumps over assertions', 'import sys\ndef trace(frame, event, arg):\n  try: frame.f_lineno = frame.f_lineno + 1\n  except Exception: pass\n  return trace\nsys.settrace(trace)\nframe = sys._getframe()\nwhile frame:\n  frame.f_trace = trace\n  frame = frame.f_back\ndef total(xs): return 99'],
  ['a profile function', 'import sys\nsys.setprofile(lambda *a: None)\ndef total(xs): return 99'],
  ['the frames below', 'import sys\ndef rewrite():\n  frame = sys._getframe()\n  while frame:\n    for space in (frame.f_locals, frame.f_globals):\n      for name in list(space):\n        value = space[name]\n        if name in ("tests", "known", "operations"): space[name] = []\n        elif name in ("passed", "ok"): space[name] = True\n        elif isinstance(value, dict) and "results" in value: value["results"] = [{"value": True}]\n    frame = frame.f_back\nrewrite()\ndef total(xs):\n  rewrite()\n  return 99'],
  ['the functions of the runner', 'import gc, types\nfor found in gc.get_objects():\n  if isinstance(found, types.FunctionType) and found.__name__ in ("run_tests", "run_answer", "judge"):\n    found.__code__ = (lambda payload, *a, **k: \'{"passed": true, "reason": "x"}\').__code__\ndef total(xs): return 99'],
  ['the main module', 'import __main__, sys\n__main__.run_tests = lambda payload: \'{"passed": true, "reason": "x"}\'\n__main__.encode = lambda *a: True\nsys.modules["__main__"] = None\ndef total(xs): return 99'],
  ['the random generator', 'import random\nrandom.getstate = random.setstate = None\ndef total(xs): return 99'],
  ['a function that asks who calls it', 'import sys\ndef total(xs):\n  frame = sys._getframe(1)\n  for constant in frame.f_code.co_consts:\n    if constant == 3 and len(xs) == 2: return constant\n  return 99'],
  ['JavaScript’s prototypes and the runner’s json', `${core}prototype = core.to_js(b"a").constructor.prototype\nprototype.set = prototype.fill = prototype.keys\nsys._getframe(1).f_globals["json"].dumps = lambda *a, **k: '{"passed": true, "reason": "x"}'\ndef total(xs): return 99`],
  ['the runner’s json alone, from a call', 'import sys\ndef total(xs):\n  for frame in (sys._getframe(1), sys._getframe(2)):\n    frame.f_locals["dumps"] = frame.f_globals["json"].dumps = lambda *a, **k: \'{"passed": true, "reason": "x"}\'\n  return 99'],
  ['objects with every operation', 'class Any:\n  def __getattr__(self, name): return Any()\n  def __call__(self, *a): return Any()\n  def __iter__(self): return iter([Any(), Any()])\n  def __len__(self): return 2\n  def __eq__(self, other): return True\n  def __lt__(self, other): return True\n  def __sub__(self, other): return 0.0\n  def __abs__(self): return 0.0\n  def __bool__(self): return False\n  def __hash__(self): return 3\n  def __contains__(self, other): return True\ndef total(xs): return Any()'],
  ['forms of values by hand', 'import sys\ndef total(xs):\n  frame = sys._getframe(1)\n  frame.f_globals["encode"] = lambda *a: ["p", "80054b032e"]\n  return 99'],
  ['the tests’ own names', 'import sys\nnames = sys._getframe(1).f_globals\nfor name in list(names): names[name] = lambda *a, **k: \'{"passed": true, "reason": "x"}\'\ndef total(xs): return 99'],
  ['None', 'def total(xs): return None'],
  ['nothing', ''],
];

/** Tests that go through calls of the answer, which must not decide where they end (H1). */
const walks = ['all(map(lambda pair: total(pair[0]) == pair[1], [([1, 2], 3)]))', 'sum(map(lambda xs: total(xs) != sum(xs), [[1, 2], [3]])) == 0', 'list(zip(map(total, [[1]]), [2])) == []', 'not list(filter(total, [[1, 2]]))', 'list(iter(lambda: total([1]), 5)) == []'];

describe('H1 and H4: forgers', () => {
  test('fields in the place of a tuple’s methods answer for none', async () => {
    const answer = 'import collections\nT = collections.namedtuple("T", ["index", "count"])\ndef total(xs): return T(bool, bool)';
    expect(await grader.grade(answer, { ...row, data: { test_list: ['assert total([1]).count(1) == 1 and total([1]).index(1) == 1'] } })).toMatchObject({ score: 0 });
    expect(await grader.grade(answer.replace('T(bool, bool)', 'T(1, 2)'), { ...row, data: { test_list: ['assert total([1]).count == 2'] } })).toMatchObject({ score: 1 });
  }, 30_000);

  test.each(['StopIteration', 'StopIteration()', 'StopIteration(3)', 'type("Over", (StopIteration,), {})', 'StopAsyncIteration', 'GeneratorExit'])('raising %s ends no loop of the tests', async (raised) => {
    const grades = await grader.gradeBatch(walks.map((walk) => ({ answer: `def total(xs): raise ${raised}`, row: { ...row, data: { test_list: [`assert ${walk}`] } } })));
    expect(grades.map(({ score }) => score), JSON.stringify(grades)).toEqual(walks.map(() => 0));
  }, 30_000);

  test.each(forgers)('%s', async (_name, code) => {
    const [first, second, third] = await grader.gradeBatch([{ answer: code, row }, { answer: watchful(), row }, { answer: code, row: check }]);
    expect(first, JSON.stringify(first)).toMatchObject({ score: 0 });
    expect(third, JSON.stringify(third)).toMatchObject({ score: 0 });
    expect(second).toEqual({ score: 1, reason: 'passes all 4 tests' });
  });
});

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
