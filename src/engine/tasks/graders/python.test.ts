import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import type { TaskRow } from '../../host/protocol.ts';
import { sharedData, withoutSharedData } from '../testing/files.ts';
import { pythonGrader, pythonLimits } from './python.ts';

const row = (data: Record<string, unknown>): TaskRow => ({ row: 0, messages: [], reference: null, data });
const code = (tests: string[] = ['assert True']): TaskRow => row({ test_list: tests });
const grader = pythonGrader('python', { ...pythonLimits, rowMs: 600, killMs: 6000 });
afterAll(() => grader.dispose());
const grade = async (answer: string, of: TaskRow): Promise<[number, string]> => {
  const { score, reason } = await grader.grade(answer, of);
  return [score, reason];
};

describe('three forms of rows', () => {
  const expression = row({ variable: 's', tests: ["assert f('ab') == 'ba'", "assert f('') == ''"] });
  test.each([
    ['s[::-1]', 1, 'passes all 2 tests'],
    ['\n`s[::-1]`\n\nBecause', 1, 'passes all 2 tests'],
    ['Like this:\n```python\ns[::-1]\n```', 1, 'passes all 2 tests'],
    ['s', 0, "test 1 of 2 fails: assert f('ab') == 'ba'"],
    ['s.none', 0, "test 1 of 2: AttributeError: 'str' object has no attribute 'none'"],
    ['s[', 0, 'the code: SyntaxError: '],
    ['s), (1', 0, 'the code: SyntaxError: '],
    ['import os', 0, 'the code: SyntaxError: '],
    ['', 0, 'the code: SyntaxError: '],
  ])('one expression: %j', async (answer, score, reason) => {
    const [got, why] = await grade(answer, expression);
    expect(got).toBe(score);
    expect(why.startsWith(reason)).toBe(true);
  }, 60_000);

  test('code and tests', async () => {
    const of = row({ test_list: ['assert double(2) == 4'], test_setup_code: 'extra = 1', $tests: ['assert double(2) == 4 + extra - 1'] });
    expect(await grade('def double(x):\n  return 2 * x', of)).toEqual([1, 'passes its tests']);
    expect(await grade('Sure:\n```python\ndef double(x):\n  return 2 * x\n```\nDone.', of)).toEqual([1, 'passes its tests']);
    expect(await grade('def double(x):\n  return x', of)).toEqual([0, 'test 1 of 1 fails: assert double(2) == 4 + extra - 1']);
  });

  test('a completion, or the function written again', async () => {
    const of = row({ prompt: 'from typing import List\n\ndef inc(x: List[int]) -> List[int]:\n    """adds one"""\n', test: 'def check(candidate):\n    assert candidate([1]) == [2]\n', entry_point: 'inc' });
    expect((await grade('    return [y + 1 for y in x]\n', of))[0]).toBe(1);
    expect((await grade('```python\ndef inc(x: List[int]):\n    return [y + 1 for y in x]\n```', of))[0]).toBe(1);
    expect((await grade('    return x\n', of))[0]).toBe(0);
  });

  const double = 'def double(x):\n  return 2 * x';
  test.each([
    ['prose around', `Here is the function:\n\n${double}\n\nIt doubles what it is given.`],
    ['the fence that defines it', `First:\n\`\`\`\nprint(1)\n\`\`\`\nthen\n\`\`\`python\n${double}\n\`\`\``],
    ['a fence that is not closed', `\`\`\`python\n${double}`],
    ['the marks of MBPP’s paper', `[BEGIN]\n${double}\n[DONE]\n\nYou are an expert`],
    ['Windows lines', double.replace('\n', '\r\n')],
  ])('code with %s', async (_, answer) => {
    expect(await grade(answer, row({ test_list: ['assert double(2) == 4'] }))).toEqual([1, 'passes its tests']);
  });

  test.each([
    ['with its first indentation lost', 'total = sum(x)\n    return total'],
    ['without indentation', 'total = sum(x)\nreturn total'],
    ['with prose behind', '    return sum(x)\n\nThis adds them up.'],
    ['as a function in prose', 'Sure! Here it is:\n\ndef total(x: List[int]) -> int:\n    return plain(sum(x))\n\nDone.'],
  ])('a body %s', async (_, answer) => {
    const of = row({ prompt: 'from typing import List\n\ndef plain(x):\n    return x\n\ndef total(x: List[int]) -> int:\n    """The sum."""\n', test: 'def check(candidate):\n    assert candidate([1, 2]) == plain(3)\n', entry_point: 'total' });
    expect(await grade(answer, of)).toEqual([1, 'passes its tests']);
  });

  test('objects of the answer’s own classes, and arguments that it changes, are the tests’ to use', async () => {
    const stack = 'class Stack:\n  def __init__(self): self.items = []\n  def push(self, x): self.items.append(x)\n  def pop(self): return self.items.pop()\ndef fill(xs):\n  xs.append(1)\ndef drain(stack): return stack.pop()';
    const of = row({ test_setup_code: 's = Stack()\ns.push(7)\ns.push(8)', test_list: ['assert drain(s) == 8 and s.pop() == 7', 'xs = [0]\nfill(xs)\nassert xs == [0, 1]', 'try:\n  s.pop()\n  assert False\nexcept IndexError:\n  pass'] });
    expect(await grade(stack, of)).toEqual([1, 'passes all 3 tests']);
    expect((await grade(stack.replace('append(1)', 'append(2)'), of))[0]).toBe(0);
  });

  test('a row without tests is not graded', async () => {
    expect(await grade('x', row({ prompt: 'p' }))).toEqual([0, 'the row has no tests']);
  });
});

/** The row after each of these must find Python as it was; a new text each time, since grades of known texts are kept. */
let asked = 0;
const untouched = (): string => `# ${asked++}
import math, collections, json, sys, os, random
assert len([1]) == 1 and math.sqrt(4) == 2 and json.loads('[1]') == [1]
assert collections.Counter('aab')['a'] == 2 and 'left_behind' not in globals() and not hasattr(sys, 'left_behind')
assert sys.getrecursionlimit() < 10_000 and not os.path.exists('/tmp/left')
`;

describe('code from outside', () => {
  test.each([
    ['a loop without end', 'while True: pass', 'the code: took too long'],
    ['memory', 'x = []\nwhile True: x.append("a" * 1000000)', 'the code: used too much memory'],
    ['one large block of memory', 'x = bytearray(2 ** 30)', 'the code: used too much memory'],
    ['output', 'while True: print("x" * 100000)', 'the code: took too long'],
    ['a file of the machine', 'open("/etc/passwd").read()', 'the code: FileNotFoundError'],
    ['writing a file', 'open("/tmp/left", "w").write("x")', 'the code: OSError: [Errno 69] Read-only file system'],
    ['writing over the library', 'import os\nos.remove("/lib/python314.zip")', 'the code: OSError: [Errno 69] Read-only file system'],
    ['a socket', 'import socket\nsocket.create_connection(("127.0.0.1", 80))', 'the code: OSError'],
    ['the network by URL', 'import urllib.request\nurllib.request.urlopen("http://127.0.0.1/")', 'the code: '],
    ['a process', 'import subprocess\nsubprocess.run(["ls"])', 'the code: OSError'],
    ['JavaScript by js', 'import js', 'the code: ModuleNotFoundError'],
    ['JavaScript by pyodide_js', 'import pyodide_js', 'the code: ModuleNotFoundError'],
    ['JavaScript by run_js', 'from pyodide.code import run_js\nrun_js("process.exit()")', 'the code: PermissionError'],
    ['ending the program', 'import sys\nsys.exit()', 'the code: the code ends the program'],
    ['input', 'input()', 'the code: '],
    ['recursion', 'def f(n): return f(n + 1)\nf(0)', 'the code: RecursionError'],
    ['patched builtins', 'import builtins, math, json, collections, sys\nbuiltins.len = None\nmath.sqrt = None\njson.loads = None\ncollections.Counter.update = None\nsys.left_behind = left_behind = 1\nsys.setrecursionlimit(10**6)\nraise ValueError("done")', 'the code: ValueError: done'],
  ])('%s is refused within its budget, and the next row is right', async (_name, answer, reason) => {
    const [first, second] = await grader.gradeBatch([{ answer, row: code() }, { answer: untouched(), row: code() }]);
    expect(first?.score).toBe(0);
    expect(first?.reason.startsWith(reason), first?.reason).toBe(true);
    expect(second).toEqual({ score: 1, reason: 'passes its tests' });
  }, 20_000);

  test('what breaks Python itself costs one row', async () => {
    const evil = ['import os\nos.abort()', 'import sys\nsys.setrecursionlimit(10 ** 9)\ndef f(n): return f(n + 1)\nf(0)'];
    const grades = await grader.gradeBatch([...evil, untouched()].map((answer) => ({ answer, row: code() })));
    expect(grades.map(({ score }) => score)).toEqual([0, 0, 1]);
    expect(grades[0]?.reason).toMatch(/^the code crashed Python/);
  }, 60_000);

  test('what cannot be interrupted is killed', async () => {
    const impatient = pythonGrader('python', { ...pythonLimits, rowMs: 300, killMs: 1500 });
    const stubborn = 'while True:\n  try:\n    while True: pass\n  except BaseException: pass';
    const grades = await impatient.gradeBatch([stubborn, 'x = 1'].map((answer) => ({ answer, row: code() })));
    await impatient.dispose();
    expect(grades[0]).toEqual({ score: 0, reason: 'the code took too long and was ended' });
  }, 60_000);

  test('no object of JavaScript is within reach, and code for it cannot be made', async () => {
    const search = `
import gc
found = [type(part).__mro__ for whole in gc.get_objects() for part in gc.get_referents(whole)]
assert not [kinds for kinds in found if 'JsProxy' in [kind.__name__ for kind in kinds]]`;
    expect(await grade(search, code())).toEqual([1, 'passes its tests']);
    const rebuilt = `
import _imp, sys, importlib.machinery
sys.modules.pop('_pyodide_core')
core = _imp.create_builtin(importlib.machinery.ModuleSpec('_pyodide_core', None))
proxy = core.create_proxy(lambda: 1)
proxy.constructor.constructor('return 1')()`;
    expect((await grade(rebuilt, code()))[0]).toBe(0);
  }, 20_000);
});

describe.skipIf(withoutSharedData)('public benchmarks (../shared/data)', () => {
  const read = (path: string): Record<string, string>[] => readFileSync(`${sharedData}${path}`, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Record<string, string>);
  // one of these sums divisors for seconds
  const patient = pythonGrader('python', { ...pythonLimits, rowMs: 30_000, killMs: 60_000 });
  afterAll(() => patient.dispose());

  test('every reference solution of MBPP and HumanEval passes its tests, one of another row does not', async () => {
    const mbpp = read('mbpp/mbpp.jsonl').map((data) => ({ answer: data.code, row: row(data) }));
    const humanEval = read('humaneval/HumanEval.jsonl').map((data) => ({ answer: data.canonical_solution, row: row(data) }));
    const grades = await patient.gradeBatch([...mbpp, ...humanEval]);
    expect(grades.map(({ score, reason }, index) => [index, score, reason]).filter(([, score]) => score !== 1)).toEqual([]);
    expect(grades).toHaveLength(720);
    const swapped = [...mbpp.slice(0, 40), ...humanEval.slice(0, 40)].map((item, index, all) => ({ answer: all[(index + 1) % all.length].answer, row: item.row }));
    const wrong = await patient.gradeBatch(swapped);
    expect(wrong.filter(({ score }) => score === 1).length).toBeLessThanOrEqual(1);
  }, 120_000);
});
