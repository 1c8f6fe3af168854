import { loadPyodide } from 'pyodide';
import { describe, expect, it } from 'vitest';
import { createRandom } from './random.ts';
import { code } from './skills/code.ts';
import { makeRows } from './splits.ts';

/** The rows' tests come from TypeScript, the references are Python: each is a check of the other. */
describe('the code references', () => {
  it('pass their tests in Python, and near misses mostly fail them', async () => {
    const python = await loadPyodide();
    const judge = python.runPython(`
def judge(variable, answer, tests):
    try:
        scope = {}
        scope['f'] = eval(f"lambda {variable}: ({answer})", scope)
        for test in tests:
            exec(test, scope)
        return True
    except Exception as error:
        return False
judge`) as (variable: string, answer: string, tests: unknown) => boolean;
    const passes = (variable: unknown, answer: string, tests: unknown): boolean => judge(String(variable), answer, python.toPy(tests));

    for (const hard of [false, true]) {
      for (const row of makeRows(code, hard, 'test', 500, 1)) expect(passes(row.variable, row.answer, row.tests), `${row.prompt} → ${row.answer}`).toBe(true);
    }
    const random = createRandom(9);
    let accidents = 0;
    for (let i = 0; i < 300; i++) {
      const problem = code.problem(random);
      if (passes(problem.columns.variable, problem.sloppy(random), problem.columns.tests)) accidents++;
    }
    expect(accidents).toBeLessThan(30);
  });
});
