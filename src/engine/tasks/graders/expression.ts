import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { SingularError } from '../../../shared/errors.ts';
import type { TaskRow } from '../../host/protocol.ts';
import type { Grade, Grader } from './grader.ts';
import { sandboxGrader } from './sandbox/graded.ts';
import { packageFolders } from './sandbox/packages.ts';
import { SandboxProcess, type SandboxOutcome } from './sandbox/process.ts';

/** QuickJS interrupts an expression after `rowMs`; where it does not, the process is ended after `killMs`: both processor time. */
const limits = { rowMs: 250, killMs: 2000, startMs: 60_000, memoryBytes: 32 * 1024 * 1024 } as const;

const verdictSchema = z.union([z.object({ result: z.union([z.number(), z.boolean()]) }), z.object({ wrong: z.string() })]);

/**
 * `expression:JS`: a JavaScript expression over `answer` (text) and `row` (the file's columns, and `reference` and
 * `prompt` where no column has that name), giving true, false or a number, which is brought into 0..1. `boxed(text)` and
 * `lastNumber(text)` help. Errors: `bad-input` for an expression that is none.
 */
export async function expressionGrader(spec: string, expression: string): Promise<Grader> {
  const script = fileURLToPath(new URL('./sandbox/expression-child.ts', import.meta.url));
  const sandbox = new SandboxProcess({
    name: 'The sandbox for expressions',
    script,
    readable: packageFolders('quickjs-emscripten', script),
    setup: { expression, rowMs: limits.rowMs, memoryBytes: limits.memoryBytes },
    rowMs: limits.killMs,
    startMs: limits.startMs,
    heapMb: 128,
    rssMb: 512,
  });
  const [syntax] = await sandbox.run(['null']);
  const checked = gradeOf(syntax);
  if (checked.score !== 1) {
    await sandbox.dispose();
    throw new SingularError('bad-input', `The expression “${expression.slice(0, 80)}” cannot be used: ${checked.reason}.`);
  }
  return sandboxGrader({ spec, needsReference: false }, sandbox, ({ answer, row }) => ({ payload: { answer, row: seen(row) } }), gradeOf);
}

/** The row as an expression sees it. */
function seen(row: TaskRow): Record<string, unknown> {
  return { reference: row.reference, prompt: row.messages.findLast((message) => message.role === 'user')?.content ?? '', ...row.data };
}

function gradeOf(outcome: SandboxOutcome | undefined): Grade {
  if (outcome === undefined || 'failed' in outcome) return { score: 0, reason: outcome?.failed === 'time' ? 'the expression took too long and was ended' : 'the expression broke its sandbox' };
  const verdict = verdictSchema.safeParse(outcome.value);
  if (!verdict.success) return { score: 0, reason: 'the expression broke its sandbox' };
  if ('wrong' in verdict.data) return { score: 0, reason: verdict.data.wrong };
  const { result } = verdict.data;
  return { score: Math.min(1, Math.max(0, Number(result))), reason: `the expression gives ${String(result)}` };
}
