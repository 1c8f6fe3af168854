/** An engine's graders, for a test that kills it: one of mathematics and one of expressions at rest, and a Python answer that never ends. */
import { createGrader } from '../../src/engine/tasks/graders/index.ts';

const stubborn = 'def f(x):\n  while True:\n    try:\n      while True: pass\n    except BaseException: pass';
const row = { row: 0, messages: [], reference: '0.5', data: {} };
for (const spec of ['math', 'expression: answer.length']) await (await createGrader(spec)).grade('\\boxed{\\frac12}', row);
const python = await createGrader('python');
const tested = { ...row, data: { test_list: ['assert f(1) == 2'] } };
await python.grade('def f(x): return 2', tested);
void python.grade(stubborn, tested);
process.stdout.write('at work\n');
setInterval(() => {}, 1000);
