import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { TaskRow } from '../../host/protocol.ts';
import { testsColumn } from '../rows.ts';
import type { Grade, Grader } from './grader.ts';
import { sandboxGrader } from './sandbox/graded.ts';
import { SandboxProcess, type SandboxOutcome } from './sandbox/process.ts';
import { pyodideFolder, pythonImage, pythonSource, starters } from './sandbox/python/image.ts';
import { PythonJudge, type PythonRow } from './sandbox/python/judge.ts';

/** A row's code is interrupted after `rowMs`; where it swallows that, its process is ended after `killMs`: both processor time. */
export const pythonLimits = { rowMs: 4000, killMs: 8000, startMs: 120_000, memoryBytes: 256 * 1024 * 1024 } as const;
/** Where nothing waits for the grade: one reference solution of MBPP computes for 4 to 10 seconds, by the machine. */
export const patientPythonLimits = { ...pythonLimits, rowMs: 30_000, killMs: 45_000 } as const;

/** What a row of code and tests must have, whichever of the three known forms it is in. */
const columnsSchema = z.object({
  variable: z.string().optional(),
  entry_point: z.string().optional(),
  test_setup_code: z.string().nullish(),
  test_imports: z.array(z.string()).nullish(),
  prompt: z.string().optional(),
});
const testsSchema = z.union([z.string().min(1), z.array(z.string()).min(1)]);
const verdictSchema = z.object({ passed: z.boolean(), reason: z.string() });

/** Pieces of code to run one behind the other; the first pair that compiles is the answer. */
type Source = [before: string, code: string];
interface Payload extends PythonRow {
  answer: { variable: string; expression: string } | { sources: Source[] };
  /** `given` is what the tests may use of the prompt, all but its function `entry` */
  tests: { setup: string; tests: string[]; given: string; entry: string };
}

/**
 * `python`: the answer is code that passes the row's tests. Three forms of rows:
 * `variable` and `tests` (the answer is one expression of that variable, the tests are about `f`);
 * `test_list` (MBPP: the answer is the code); `prompt`, `test`, `entry_point` (HumanEval: the answer completes the prompt).
 */
export function pythonGrader(spec: string, limits: { rowMs: number; killMs: number; startMs: number; memoryBytes: number } = pythonLimits): Grader {
  const pyodide = pyodideFolder();
  const side = (name: string, file: string, entry: string): SandboxProcess => new SandboxProcess({
    name,
    script: fileURLToPath(new URL('./sandbox/python/child.ts', import.meta.url)),
    readable: [pyodide, ...starters, fileURLToPath(new URL('./sandbox/python/intrinsics.ts', import.meta.url))],
    given: pythonImage,
    setup: { pyodideFolder: pyodide, source: pythonSource('library', 'doors', 'exchange', 'brought', file), side: entry, memoryBytes: limits.memoryBytes },
    rowMs: limits.killMs,
    startMs: limits.startMs,
    heapMb: 256,
    rssMb: 768,
  });
  const answers = side('The Python sandbox', 'answer', 'run_answer');
  const tests = side('The Python sandbox of the tests', 'verdict', 'run_tests');
  const sandbox = new PythonJudge(answers, tests, limits.rowMs);
  return sandboxGrader({ spec, needsReference: false }, sandbox, ({ answer, row }) => {
    const payload = payloadOf(answer, row);
    return payload === null ? { grade: { score: 0, reason: 'the row has no tests' } } : { payload };
  }, gradeOf);
}

function gradeOf(outcome: SandboxOutcome | undefined): Grade {
  if (outcome === undefined || 'failed' in outcome) return { score: 0, reason: outcome?.failed === 'time' ? 'the code took too long and was ended' : 'the code crashed Python' };
  const verdict = verdictSchema.safeParse(outcome.value);
  return verdict.success ? { score: verdict.data.passed ? 1 : 0, reason: verdict.data.reason } : { score: 0, reason: 'the code broke its own test' };
}

function payloadOf(answer: string, row: TaskRow): Payload | null {
  const columns = columnsSchema.safeParse(row.data);
  const found = testsSchema.safeParse(row.data[testsColumn] ?? row.data.tests ?? row.data.test_list ?? row.data.test);
  if (!columns.success || !found.success) return null;
  const { variable, entry_point: entryPoint, test_setup_code: setup, test_imports: imports, prompt } = columns.data;
  const lines = typeof found.data === 'string' ? [found.data] : found.data;
  const tests = { setup: [...(imports ?? []), setup ?? ''].join('\n').trim(), tests: lines, given: '', entry: '' };
  if (variable !== undefined) return { answer: { variable, expression: expressionIn(answer) }, tests };
  if (entryPoint !== undefined && prompt !== undefined) {
    const { before, code } = codeIn(answer, entryPoint);
    const sources = alone(before, continued(prompt, code, entryPoint));
    return { answer: { sources }, tests: { setup: '', tests: [`${lines.join('\n')}\n\ncheck(${entryPoint})`], given: prompt, entry: entryPoint } };
  }
  const { before, code } = codeIn(answer, calledFirst(lines));
  return { answer: { sources: alone(before, [['', code]]) }, tests };
}

/** The first line of the answer that says something, or of its first fenced block, without backquotes around it. */
function expressionIn(answer: string): string {
  const line = (blocksIn(answer)[0] ?? answer).split('\n').find((candidate) => candidate.trim() !== '') ?? '';
  return line.trim().replace(/^`(.*)`$/, '$1');
}

/**
 * A completion goes on where the prompt ends, its first indentation often lost; an answer that defines the function
 * again stands by itself, behind the prompt's imports and helpers.
 */
function continued(prompt: string, code: string, entryPoint: string): Source[] {
  if (defines(code, entryPoint)) return [[`${prompt}    pass\n`, code]];
  const indented = code.replace(/^(?=.)/gm, '    ');
  return [code, `    ${code.trimStart()}`, indented].map((body) => ['', prompt + body]);
}

/** The sources with what an answer's blocks before them define, and without it, should that not compile. */
const alone = (before: string, sources: Source[]): Source[] => [...(before === '' ? [] : sources.map(([prompt, code]): Source => [prompt + before, code])), ...sources];

/**
 * The code of an answer: the fenced block that defines the function, else the first one, else all between the marks of
 * MBPP's paper, else all; `before` is what the blocks above it import and define.
 */
function codeIn(answer: string, name: string | undefined): { before: string; code: string } {
  const text = answer.replace(/^\uFEFF/, '');
  const blocks = blocksIn(text);
  const marked = /\[BEGIN\]([\s\S]*?)(?:\[DONE\]|$)/.exec(text)?.[1];
  const chosen = Math.max(0, name === undefined ? 0 : blocks.findIndex((block) => defines(block, name)));
  return { before: blocks.slice(0, chosen).filter(definesOnly).map((block) => `${block}\n`).join(''), code: blocks[chosen] ?? marked ?? text };
}

/** Whether a block has imports, definitions and constants at its top, and nothing that runs. */
const definesOnly = (block: string): boolean => block.split('\n').every((line) => /^(?:\s|#|[)\]}]|@|(?:import|from|def|async\s+def|class)\b|[A-Z_][A-Z0-9_]*\s*=|$)/.test(line));

const defines = (code: string, name: string): boolean => new RegExp(`^\\s*(?:(?:async\\s+)?def|class)\\s+${name.replace(/\W/g, '')}\\b`, 'm').test(code);

/** The function that the first test is about, as far as its text says. */
const calledFirst = (tests: readonly string[]): string | undefined => /\bassert\b[\s(]*(?:not\b[\s(]*)?([A-Za-z_]\w*)\s*\(/.exec(tests[0] ?? '')?.[1];

/** Code between fences; the last fence may be missing. In a list, fences and code stand behind an indentation that is not the code's. */
function blocksIn(answer: string): string[] {
  return Array.from(answer.matchAll(/^(.*?)```[ \t]*[^`\n]*\n([\s\S]*?)(?:```|$(?![\s\S]))/gm), ([, margin = '', code = '']) => (margin === '' ? code : dedented(code)));
}

/** The code without the indentation that all of its lines share. */
function dedented(code: string): string {
  const lines = code.split('\n');
  const indents = lines.filter((line) => line.trim() !== '').map((line) => /^[ \t]*/.exec(line)?.[0].length ?? 0);
  const shared = Math.min(...indents);
  return lines.map((line) => line.slice(Math.min(shared, line.length))).join('\n');
}
