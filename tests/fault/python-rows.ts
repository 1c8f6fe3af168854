/** What both suites of hostile answers ask: two tasks, a grader with short limits, and an answer that looks whether anything was left behind. */
import type { TaskRow } from '../../src/engine/host/protocol.ts';
import { pythonLimits } from '../../src/engine/tasks/graders/python.ts';

export const limits = { ...pythonLimits, rowMs: 600, killMs: 2000 };

export const row: TaskRow = { row: 0, messages: [], reference: null, data: { test_list: ['assert total([1, 2]) == 3', 'assert abs(total([0.5, 0.25]) - 0.75) < 1e-9', 'assert not total([])', 'assert sorted(total(x) for x in ([4], [3])) == [3, 4]'] } };
export const check: TaskRow = { row: 1, messages: [], reference: null, data: { prompt: 'def helper(x):\n    return x\n\ndef total(xs):\n    """The sum."""\n', entry_point: 'total', test: 'def check(candidate):\n    assert candidate([1, 2]) == 3, "wrong"\n    for n in range(3):\n        assert helper(candidate([n])) == n\n' } };

/** A right answer that looks whether anything was left behind; a new text each time, since grades of known texts are kept. */
let asked = 0;
export const watchful = (): string => `# ${asked++}
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
export const core = 'import sys, _imp, importlib.machinery\nsys.modules.pop("_pyodide_core", None)\ncore = _imp.create_builtin(importlib.machinery.ModuleSpec("_pyodide_core", importlib.machinery.BuiltinImporter))\n';
