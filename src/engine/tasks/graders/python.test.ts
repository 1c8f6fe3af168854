import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import type { TaskRow } from '../../host/protocol.ts';
import { sharedData, withoutSharedData } from '../testing/files.ts';
import { patientPythonLimits, pythonGrader, pythonLimits } from './python.ts';

const row = (data: Record<string, unknown>): TaskRow => ({ row: 0, messages: [], reference: null, data });
const code = (tests: string[] = ['assert True']): TaskRow => row({ test_list: tests });
/** What is right has the time that it has in the product; what runs until it is ended gets less, for the sake of this suite. */
const patient = pythonGrader('python', patientPythonLimits);
const hasty = pythonGrader('python', { ...pythonLimits, rowMs: 600 });
afterAll(() => Promise.all([patient.dispose(), hasty.dispose()]));
const grade = async (answer: string, of: TaskRow): Promise<[number, string]> => {
  const { score, reason } = await patient.grade(answer, of);
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
  });

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

  const listed = (fence: string): string => `1. First:\n\n   ${fence}\n   def double(x):\n     return 2 * x\n   \`\`\`\n2. Done`;
  test.each([
    ['a fence in a list', listed('```python')],
    ['a fence of more words', listed('```Python 3')],
    ['a mark of byte order before it', `\uFEFF${double}`],
    ['imports in a block of their own', '```python\nimport operator\n```\nand then\n```python\ndef double(x):\n  return operator.mul(2, x)\n```'],
    ['a helper in a block of its own', 'A helper:\n```\nTWO = 2\n\ndef times(x, y):\n  return x * y\n```\n```\ndef double(x):\n  return times(TWO, x)\n```\n```\nprint(double(input()))\n```'],
    ['a block before it that would not run', '```\nx = int(input())\n```\n```\ndef double(x):\n  return 2 * x\n```'],
  ])('code behind %s', async (_, answer) => {
    expect(await grade(answer, row({ test_list: ['assert double(2) == 4'] }))).toEqual([1, 'passes its tests']);
  });

  const V = 'class V:\n  def __init__(self, v): self.v = v\n  def __eq__(self, other): return self.v == other.v\n  def __lt__(self, other): return self.v < other.v\n  def __len__(self): return self.v\n  def __bool__(self): return self.v != 3\n  def __repr__(self): return "V%d" % self.v\n  def __hash__(self): return self.v\n  def __add__(self, other): return V(self.v + other.v)\n  def __abs__(self): return self.v\n  def __iter__(self): return iter(range(self.v))\n';
  const numbers = 'def numbers():\n  n = 0\n  while True:\n    yield n\n    n += 1\n';
  test.each([
    ['keys', 'def f(): return {"a": 1}.keys()', "assert f() == {'a'} and list(f()) == ['a'] and 'a' in f()"],
    ['values and items', 'def f(): return {1: 2}.values(), {1: 2}.items()', 'assert list(f()[0]) == [2] and f()[1] == {1: 2}.items()'],
    ['a Counter', 'from collections import Counter\ndef f(): return Counter("aab")', "assert f()['z'] == 0 and f().most_common(1) == [('a', 2)] and f() == {'a': 2, 'b': 1}"],
    ['a defaultdict', 'from collections import defaultdict\ndef f(): return defaultdict(int)', "assert f()['q'] == 0 and f() == {}"],
    ['a defaultdict of its own', 'from collections import defaultdict\ndef f(): return defaultdict(lambda: 1, a=2)', "assert f() == {'a': 2}"],
    ['an OrderedDict', 'from collections import OrderedDict\ndef f(): return OrderedDict(a=1, b=2)', "assert f().popitem(last=False) == ('a', 1)"],
    ['a namedtuple', 'from collections import namedtuple\nP = namedtuple("P", "a b")\ndef f(): return P(1, 2)', 'assert f().a == 1 and f() == (1, 2) and f()._replace(b=3) == (1, 3)'],
    ['a type', 'def f(x): return type(x)', 'assert f(1) is int'],
    ['an iterator', 'def f(): return iter([1, 2])', 'g = f()\nassert next(g) == 1\nassert next(g) == 2\nassert next(g, None) is None'],
    ['a generator, by itself and at once', 'def f():\n  yield 1\n  yield 2\n  yield 3', 'g = f()\nassert next(g) == 1\nassert list(g) == [2, 3]\nassert list(g) == []'],
    ['a generator that fails', 'def f():\n  yield 1\n  raise KeyError("k")', 'g = f()\nassert next(g) == 1\ntry:\n  next(g)\n  assert False\nexcept KeyError: pass'],
    ['a generator without end', numbers, 'g = numbers()\nassert [next(g) for _ in range(100)] == list(range(100))'],
    ['a generator without end, in a loop', numbers, 'found = []\nfor n in numbers():\n  if n > 500: break\n  found.append(n)\nassert found == list(range(501))'],
    ['a long generator', 'def f(n): return (i for i in range(n))', 'assert sum(f(50000)) == 1249975000'],
    ['map and zip', 'def f(xs): return map(str, xs), zip(xs, xs)', "a, b = f([1, 2])\nassert list(a) == ['1', '2'] and dict(b) == {1: 1, 2: 2}"],
    ['== and < of its own class', V, 'assert V(1) == V(1) and V(1) != V(2) and V(1) < V(2)\nassert sorted([V(2), V(1)])[0] == V(1)'],
    ['len, truth, text, hash and iteration of its own class', V, "assert len(V(2)) == 2 and V(1) and not V(3) and str(V(4)) == 'V4' and {V(1), V(1)} == {V(1)} and list(V(2)) == [0, 1] and 1 in V(2)"],
    ['arithmetic of its own class', V, 'assert V(1) + V(2) == V(3) and abs(V(4)) == 4 and isinstance(V(1), V)'],
    ['objects in a list', `${V}def f(): return [V(1), 2]`, 'assert f()[0].v == 1 and f() == [V(1), 2] and len(f()) == 2'],
    ['a dataclass', 'from dataclasses import dataclass\n@dataclass(order=True)\nclass P:\n  x: int', 'assert P(1) == P(1) and P(1) < P(2) and repr(P(1)) == "P(x=1)"'],
    ['an enumeration', 'from enum import Enum\nclass C(Enum):\n  R = 1\ndef f(): return C.R', 'assert f() == C.R and f().value == 1'],
    ['an exception of its own', 'class Wrong(ValueError): pass\ndef f(): raise Wrong("w")', 'for kind in (0, 1):\n  try:\n    f()\n    assert False\n  except Wrong as error: assert str(error) == "w"\ntry:\n  f()\n  assert False\nexcept ValueError: pass'],
    ['items that are set', 'class S:\n  def __init__(self): self.d = {}\n  def __setitem__(self, k, v): self.d[k] = v\n  def __getitem__(self, k): return self.d[k]\n  def __delitem__(self, k): del self.d[k]', 's = S()\ns[1] = 2\nassert s[1] == 2\ndel s[1]\ntry:\n  s[1]\n  assert False\nexcept KeyError: pass'],
    ['functions that close over values', 'def f(g, x): return g(x)', 'def adder(k, m=1):\n  return lambda v, w=2: v + k * m + w\nassert f(adder(5), 2) == 9'],
    ['half a pair of surrogates', 'def f(): return "\\ud800"', "assert f() == '\\ud800'"],
    ['a value that is a name', 'x = 5', 'assert x == 5 and x + 1 == 6 and 10 - x == 5 and x < 6'],
    ['sleep', 'import time\ndef f():\n  time.sleep(0)\n  time.sleep(0.01)\n  return 1', 'assert f() == 1'],
    ['asyncio.run', 'import asyncio\nasync def g(): \n  await asyncio.sleep(0.01)\n  return 1\nasync def h(): return sum(await asyncio.gather(g(), g()))\ndef f(): return asyncio.run(h())', 'assert f() == 2'],
    ['a loop of its own', 'import asyncio\nasync def g(): return 1\ndef f(): return asyncio.get_event_loop().run_until_complete(g())', 'assert f() == 1'],
    ['a coroutine', 'async def f(x): return x + 1', 'import asyncio\nassert asyncio.run(f(1)) == 2'],
  ])('values of an answer: %s', async (_, answer, asserted) => {
    expect(await grade(answer, row({ test_list: [asserted] }))).toEqual([1, 'passes its tests']);
    const wrong = `${asserted}\nassert False`;
    expect((await grade(answer, row({ test_list: [wrong] })))[0]).toBe(0);
  });

  test('an object of the answer does not learn what it is compared with', async () => {
    const nosy = 'seen = []\nclass Nosy:\n' + ['eq', 'ne', 'lt', 'gt', 'sub', 'rsub', 'contains', 'add', 'radd'].map((name) => `  def __${name}__(self, other):\n    seen.append(other)\n    return True\n`).join('') + '  def __hash__(self): return 0\ndef f(): return Nosy()\ndef seen_all(): return seen';
    const comparing = ['f() == 3', 'f() < 4', 'abs(f() - 5) < 1', '6 in f()', '7 + f() == 7', 'f() in [8]'].map((text) => `try:\n  ${text}\nexcept TypeError: pass\n`).join('');
    expect(await grade(nosy, row({ test_list: [`${comparing}assert seen_all() == []`] }))).toEqual([1, 'passes its tests']);
  });

  test('an iterator of the answer ends a loop of the tests, and its StopIteration is theirs to catch', async () => {
    const over = 'class Over:\n  def __init__(self): self.n = 0\n  def __iter__(self): return self\n  def __next__(self):\n    self.n += 1\n    if self.n > 2: raise StopIteration\n    return self.n\n  def advance(self): return next(self)';
    expect(await grade(over, row({ test_list: ['assert list(map(str, Over())) == ["1", "2"]', 'o = Over()\no.advance(), o.advance()\ntry:\n  o.advance()\n  assert False\nexcept StopIteration: pass'] }))).toEqual([1, 'passes all 2 tests']);
  });

  test('the imports of the tests', async () => {
    const of = row({ test_imports: ['from math import floor', 'import math'], test_list: ['assert double(2) == floor(4.5)', 'assert double(math.inf) == math.inf'] });
    expect(await grade(double, of)).toEqual([1, 'passes all 2 tests']);
    expect((await grade('def double(x): return x', of))[0]).toBe(0);
  });

  const P = 'class P:\n  def __init__(self, x, y): self.x, self.y = x, y\n  def __eq__(self, other): return (self.x, self.y) == (other.x, other.y)';
  test.each([
    ['an object of its class', 'def f(p): return p.x + p.y', P, 'assert f(P(1, 2)) == 3'],
    ['a dataclass, and one given back', 'import dataclasses\ndef f(p): return dataclasses.replace(p, x=p.y, y=p.x)', 'from dataclasses import dataclass\n@dataclass(frozen=True)\nclass P:\n  x: int\n  y: int = 2', 'assert f(P(1)) == P(2, 1) and isinstance(f(P(1)), P) and f(P(1)).x == 2'],
    ['a tree of objects, changed in place', 'def f(n):\n  if n: n.left, n.right = f(n.right), f(n.left)\n  return n', 'class N:\n  __slots__ = ("v", "left", "right")\n  def __init__(self, v, left=None, right=None): self.v, self.left, self.right = v, left, right\nn = N(1, N(2), N(3, N(4)))', 'f(n)\nassert n.left.v == 3 and n.right.v == 2 and n.left.right.v == 4'],
    ['objects in a list, sorted in place', 'def f(ps): ps.sort(key=lambda p: p.x)', P, 'ps = [P(2, 0), P(1, 0)]\nf(ps)\nassert ps == [P(1, 0), P(2, 0)]'],
    ['a class, and one that uses another', 'def f(kind): return kind(1, 2)', `${P}\nclass Q(P):\n  def sum(self): return helper(self.x) + self.y\ndef helper(x): return x * BASE\nBASE = 10`, 'assert f(Q).sum() == 12 and f(P) == P(1, 2)'],
    ['a member of an enumeration', 'def f(c): return type(c)(c.value + 1)', 'from enum import Enum\nclass C(Enum):\n  R = 1\n  G = 2', 'assert f(C.R) is C.G'],
    ['a function that uses its names', 'def f(g, xs): return [g(x) for x in xs]', 'import math\nfrom operator import neg\nk = [3]\ndef twice(x): return 2 * x\ndef down(n): return 0 if n == 0 else 1 + down(n - 1)', 'assert f(lambda x: twice(x) + k[0] + math.floor(neg(0.5)) + down(x), [1, 2]) == [5, 8]'],
    ['a function with defaults by name', 'def f(g): return g(1)', 'def g(x, *, y=2): return x + y', 'assert f(g) == 3'],
    ['a function of the library', 'def f(g): return g([1, 2, 3])', 'from statistics import median', 'assert f(median) == 2'],
    ['what is printed', 'def f(n):\n  print("n is", n)\n  return n', 'import io, contextlib\nb = io.StringIO()', 'with contextlib.redirect_stdout(b): f(3)\nassert b.getvalue() == "n is 3\\n"'],
    ['what is printed to a replaced stdout', 'def f(n): print(n, end="")', 'import io, sys', 'kept, sys.stdout = sys.stdout, io.StringIO()\nf(3)\nsaid = sys.stdout.getvalue()\nsys.stdout = kept\nassert said == "3"'],
  ])('tests that use of their own: %s', async (_, answer, setup, asserted) => {
    expect(await grade(answer, row({ test_setup_code: setup, test_list: [asserted] }))).toEqual([1, 'passes its tests']);
    expect((await grade(answer, row({ test_setup_code: setup, test_list: [`${asserted}\nassert False`] })))[0]).toBe(0);
    expect((await grade('def f(*xs): return 7', row({ test_setup_code: setup, test_list: [asserted] })))[0]).toBe(0);
  });

  test.each([
    ['the signature of a function', 'def f(x): return x', 'import inspect', 'assert len(inspect.signature(f).parameters) == 1', 'the test looks at how a function is written'],
    ['a long list', 'def f(n): return list(range(n))', '', 'assert f(300000) == list(range(300000))', 'the code gives a value that is too large'],
    ['a long list for the code', 'def f(xs): return len(xs)', '', 'assert f(list(range(300000))) == 300000', 'the test hands over a value that is too large'],
    ['an object in a ring', 'def f(n): return n.v', 'class N: pass\nn = N()\nn.v, n.next = 1, n', 'assert f(n) == 1', 'the test hands over an object that refers to itself'],
    ['an object of a class in a function', 'def f(p): return p.x', 'def make():\n  class P: x = 1\n  return P()', 'assert f(make()) == 1', 'the test hands over an object of its class P, which is not at its top'],
    ['an exception of its own', 'def f(e): return e.args', 'class E(Exception): pass', 'assert f(E(1)) == (1,)', 'the test hands over an object of its class E, which is more than its attributes'],
    ['a module that is not here', 'def f(x): return x', 'import numpy as np', 'assert f(1) == np.floor(1.5)', 'there is no module numpy'],
  ])('what cannot be judged says so: %s', async (_, answer, setup, asserted, why) => {
    const [score, reason] = await grade(answer, row({ test_setup_code: setup, test_list: [asserted] }));
    expect(score).toBe(0);
    expect(reason).toMatch(new RegExp(`^(?:test 1 of 1|the setup of the tests) cannot be judged: ${why}$`));
  });

  test('an answer does not replace a method of the tests, and sees no more of them than it is handed', async () => {
    const setup = `${P}\n  def right(self): return self.x == secret\nsecret = 5\nexpected = [5]`;
    expect((await grade('def f(p):\n  p.right = lambda: True\n  return p', row({ test_setup_code: setup, test_list: ['assert f(P(1, 2)).right()'] })))[0]).toBe(0);
    expect((await grade('def f(p):\n  p.__class__ = type("Q", (), {"right": lambda self: True})\n  return p', row({ test_setup_code: `${setup}\n  def ok(self): return False`, test_list: ['p = P(1, 2)\nf(p)\nassert p.right()'] })))[0]).toBe(0);
    for (const state of ['{"__dict__": {"right": lambda: True}}', '{"right": lambda: True}', '{"__class__": int}']) {
      const forged = `import sys\ndef f(p):\n  sys._getframe(1).f_globals["state_of"] = lambda value: ${state}\n  return p`;
      expect((await grade(forged, row({ test_setup_code: setup, test_list: ['assert f(P(1, 2)).right()'] })))[0]).toBe(0);
    }
    expect(await grade('def f(g): return sorted(set(g.__globals__) & {"k", "expected", "f"})', row({ test_setup_code: 'k = 1\nexpected = ["f", "k"]', test_list: ['assert f(lambda x: x + k) == expected'] }))).toEqual([1, 'passes its tests']);
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
    ['one large block of memory', 'x = bytearray(2 ** 30)', 'the code: used too much memory'],
    ['output', 'while True: print("x" * 100000)', 'the code: took too long'],
    ['a file of the machine', 'open("/etc/passwd").read()', 'the code: FileNotFoundError'],
    ['writing a file', 'open("/tmp/left", "w").write("x")', 'the code: OSError: [Errno 69] Read-only file system'],
    ['writing over the library', 'import os\nos.remove("/lib/python314.zip")', 'the code: PermissionError'],
    ['memory in a pipe', 'import os\nos.pipe()', 'the code: PermissionError'],
    ['leaving at once', 'import os\nos._exit(0)', 'the code ends the program'],
    ['a long sleep', 'import time\ntime.sleep(10**6)', 'the code: took too long'],
    ['waiting for nothing', 'import asyncio\nasyncio.run(asyncio.Event().wait())', 'the code: RuntimeError: the event loop waits for what never comes'],
    ['a socket', 'import socket\nsocket.create_connection(("127.0.0.1", 80))', 'the code: '],
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
    const [first, second] = await hasty.gradeBatch([{ answer, row: code() }, { answer: untouched(), row: code() }]);
    expect(first?.score).toBe(0);
    expect(first?.reason.startsWith(reason), first?.reason).toBe(true);
    expect(second).toEqual({ score: 1, reason: 'passes its tests' });
  });

  test.each([
    ['at once', 'x = []\nwhile True: x.append("a" * 20_000_000)', 'the code: used too much memory'],
    // which object finds no room, and so where Python is when it fails, is a matter of their size
    ['of many objects', 'kept = None\nwhile True: kept = (kept, bytes(3000))', 'used too much memory'],
    ['of many small objects', 'kept = None\nwhile True: kept = (kept, bytes(500))', 'used too much memory'],
  ])('memory %s is refused in the time that a row has, and the next row is right', async (_name, answer, reason) => {
    // with less time the answer would be that it took too long
    const [first, second] = await patient.gradeBatch([{ answer, row: code() }, { answer: untouched(), row: code() }]);
    expect(first?.score).toBe(0);
    expect(first?.reason).toContain(reason);
    expect(second).toEqual({ score: 1, reason: 'passes its tests' });
  });

  test('what one process draws is not known in the other', async () => {
    const grades = await patient.gradeBatch([
      { answer: 'import random\ndef guess(): return random.randint(0, 10 ** 12)', row: code(['import random\nsecret = random.randint(0, 10 ** 12)\nassert guess() == secret']) },
      { answer: 'import random\nstate = random.getstate()\ndef guess(): return state[1][:5]', row: code(['import random\nassert guess() == random.getstate()[1][:5]']) },
    ]);
    expect(grades.map(({ score }) => score)).toEqual([0, 0]);
  });

  test('what breaks Python itself costs one row', async () => {
    const evil = ['import os\nos.abort()', 'import sys\nsys.setrecursionlimit(10 ** 9)\ndef f(n): return f(n + 1)\nf(0)'];
    const grades = await patient.gradeBatch([...evil, untouched()].map((answer) => ({ answer, row: code() })));
    expect(grades.map(({ score }) => score)).toEqual([0, 0, 1]);
    expect(grades[0]?.reason).toMatch(/^the code crashed Python/);
  });

  test('what breaks Python at the end of a group of rows, or by itself, costs the row after it nothing', async () => {
    const items = Array.from({ length: 34 }, (_, index) => ({ answer: index === 15 ? `import os\nos.abort() # ${asked++}` : untouched(), row: code() }));
    expect((await patient.gradeBatch(items)).flatMap(({ score }, index) => (score === 1 ? [] : [index]))).toEqual([15]);
    expect((await grade(`import os\nos.abort() # ${asked++}`, code()))[0]).toBe(0);
    expect(await grade(untouched(), code())).toEqual([1, 'passes its tests']);
  });

  test('what cannot be interrupted is killed', async () => {
    const impatient = pythonGrader('python', { ...pythonLimits, rowMs: 300, killMs: 1500 });
    const stubborn = 'while True:\n  try:\n    while True: pass\n  except BaseException: pass';
    const grades = await impatient.gradeBatch([stubborn, 'x = 1'].map((answer) => ({ answer, row: code() })));
    await impatient.dispose();
    expect(grades[0]).toEqual({ score: 0, reason: 'the code took too long and was ended' });
  });

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
    expect(await grade(rebuilt, code())).toEqual([0, 'the code reached for what it may not have (pyproxy_new_ex)']);
  });
});

describe.skipIf(withoutSharedData)('public benchmarks (../shared/data)', () => {
  const read = (path: string): Record<string, string>[] => readFileSync(`${sharedData}${path}`, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Record<string, string>);
  // (all of them: tests/command-line/grade.test.ts)
  test('reference solutions of MBPP and HumanEval pass their tests, one of another row does not', async () => {
    const some = (of: Record<string, string>[]): typeof of => of.filter((_, index) => index % 5 === 0);
    const mbpp = some(read('mbpp/mbpp.jsonl')).map((data) => ({ answer: data.code, row: row(data) }));
    const humanEval = some(read('humaneval/HumanEval.jsonl')).map((data) => ({ answer: data.canonical_solution, row: row(data) }));
    const grades = await patient.gradeBatch([...mbpp, ...humanEval]);
    expect(grades.map(({ score, reason }, index) => [index, score, reason]).filter(([, score]) => score !== 1)).toEqual([]);
    expect(grades).toHaveLength(144);
    const swapped = [...mbpp.slice(0, 40), ...humanEval].map((item, index, all) => ({ answer: all[(index + 1) % all.length].answer, row: item.row }));
    const wrong = await patient.gradeBatch(swapped);
    expect(wrong.filter(({ score }) => score === 1).length).toBeLessThanOrEqual(1);
  });
});
