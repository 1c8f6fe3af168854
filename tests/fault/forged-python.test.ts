/**
 * Answers that want a pass from rows that run Python without earning it. Rules held here:
 *   H1 no answer passes a test but by giving the right values, whatever it does to Python
 *   H4 the next row is graded correctly, and finds Python as it was
 */
import { afterAll, describe, expect, test } from 'vitest';
import { pythonGrader } from '../../src/engine/tasks/graders/python.ts';
import { check, core, limits, row, watchful } from './python-rows.ts';

const grader = pythonGrader('python', limits);
afterAll(() => grader.dispose());

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
  });

  test.each(['StopIteration', 'StopIteration()', 'StopIteration(3)', 'type("Over", (StopIteration,), {})', 'StopAsyncIteration', 'GeneratorExit'])('raising %s ends no loop of the tests', async (raised) => {
    const grades = await grader.gradeBatch(walks.map((walk) => ({ answer: `def total(xs): raise ${raised}`, row: { ...row, data: { test_list: [`assert ${walk}`] } } })));
    expect(grades.map(({ score }) => score), JSON.stringify(grades)).toEqual(walks.map(() => 0));
  });

  test.each(forgers)('%s', async (_name, code) => {
    const [first, second, third] = await grader.gradeBatch([{ answer: code, row }, { answer: watchful(), row }, { answer: code, row: check }]);
    expect(first, JSON.stringify(first)).toMatchObject({ score: 0 });
    expect(third, JSON.stringify(third)).toMatchObject({ score: 0 });
    expect(second).toEqual({ score: 1, reason: 'passes all 4 tests' });
  });
});
