import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { TaskRow } from '../../host/protocol.ts';
import { testsColumn } from '../rows.ts';
import type { Grade, Grader } from './grader.ts';
import { SandboxProcess, type SandboxOutcome } from './sandbox/process.ts';

/** A row's code is interrupted after `rowMs` of processor time, and its process killed after `killMs` by the clock. */
export const pythonLimits = { rowMs: 4000, killMs: 20_000, startMs: 60_000, memoryBytes: 256 * 1024 * 1024 } as const;

/** What a row of code and tests must have, whichever of the three known forms it is in. */
const columnsSchema = z.object({
  variable: z.string().optional(),
  entry_point: z.string().optional(),
  test_setup_code: z.string().nullish(),
  prompt: z.string().optional(),
});
const testsSchema = z.union([z.string().min(1), z.array(z.string()).min(1)]);
const verdictSchema = z.object({ passed: z.boolean(), reason: z.string() });

type Payload = { variable: string; expression: string; tests: string[] } | { setup: string; source: string; tests: string[] };

/**
 * `python`: the answer is code that passes the row's tests. Three forms of rows:
 * `variable` and `tests` (the answer is one expression of that variable, the tests are about `f`);
 * `test_list` (MBPP: the answer is the code); `prompt`, `test`, `entry_point` (HumanEval: the answer completes the prompt).
 */
export function pythonGrader(spec: string, limits: { rowMs: number; killMs: number; startMs: number; memoryBytes: number } = pythonLimits): Grader {
  const pyodideFolder = dirname(createRequire(import.meta.url).resolve('pyodide/package.json'));
  const sandbox = new SandboxProcess({
    name: 'The Python sandbox',
    script: fileURLToPath(new URL('./sandbox/python-child.ts', import.meta.url)),
    readable: [pyodideFolder],
    setup: { pyodideFolder, runner: readFileSync(new URL('./sandbox/runner.py', import.meta.url), 'utf8'), rowMs: limits.rowMs, memoryBytes: limits.memoryBytes },
    rowMs: limits.killMs,
    startMs: limits.startMs,
    heapMb: 256,
  });
  const gradeBatch = async (items: readonly { answer: string; row: TaskRow }[]): Promise<Grade[]> => {
    const payloads = items.map(({ answer, row }) => payloadOf(answer, row));
    const outcomes = await sandbox.run(payloads.filter((payload) => payload !== null).map((payload) => JSON.stringify(payload)));
    let next = 0;
    return payloads.map((payload) => (payload === null ? { score: 0, reason: 'the row has no tests' } : gradeOf(outcomes[next++])));
  };
  return {
    spec,
    needsReference: false,
    gradeBatch,
    grade: async (answer, row) => (await gradeBatch([{ answer, row }]))[0] ?? { score: 0, reason: 'no grade' },
    dispose: () => sandbox.dispose(),
  };
}

function gradeOf(outcome: SandboxOutcome | undefined): Grade {
  if (outcome === undefined || 'failed' in outcome) return { score: 0, reason: outcome?.failed === 'time' ? 'the code took too long and was ended' : 'the code crashed Python' };
  const verdict = verdictSchema.safeParse(outcome.value);
  return verdict.success ? { score: verdict.data.passed ? 1 : 0, reason: verdict.data.reason } : { score: 0, reason: 'the code broke its own test' };
}

function payloadOf(answer: string, row: TaskRow): Payload | null {
  const columns = columnsSchema.safeParse(row.data);
  const tests = testsSchema.safeParse(row.data[testsColumn] ?? row.data.tests ?? row.data.test_list ?? row.data.test);
  if (!columns.success || !tests.success) return null;
  const { variable, entry_point: entryPoint, test_setup_code: setup, prompt } = columns.data;
  const lines = typeof tests.data === 'string' ? [tests.data] : tests.data;
  if (variable !== undefined) return { variable, expression: expressionIn(answer), tests: lines };
  if (entryPoint !== undefined && prompt !== undefined) {
    return { setup: '', source: completed(prompt, answer, entryPoint), tests: [`${lines.join('\n')}\n\ncheck(${entryPoint})`] };
  }
  return { setup: setup ?? '', source: fenced(answer) ?? answer, tests: lines };
}

/** The first line of the answer that says something, or of its first fenced block; a "Answer:" or `f = …` before it aside. */
function expressionIn(answer: string): string {
  const line = (fenced(answer) ?? answer).split('\n').find((candidate) => candidate.trim() !== '') ?? '';
  return line.trim().replace(/^`(.*)`$/, '$1');
}

/** A completion goes on where the prompt ends; an answer that defines the function again stands by itself, behind the prompt's imports. */
function completed(prompt: string, answer: string, entryPoint: string): string {
  const code = fenced(answer) ?? answer;
  const defines = new RegExp(`^\\s*(?:async\\s+)?def\\s+${entryPoint.replace(/\W/g, '')}\\b`, 'm').test(code);
  return defines ? `${prompt}    pass\n\n${code}` : prompt + code;
}

/** The code in the first fenced block, or null. */
function fenced(answer: string): string | null {
  return /```[ \t]*\w*[ \t]*\r?\n([\s\S]*?)(?:```|$)/.exec(answer)?.[1] ?? null;
}
