import { fileURLToPath } from 'node:url';
import { noReference, shortened, type Grader } from './grader.ts';
import { finalAnswer } from './math/final.ts';
import { sandboxGrader } from './sandbox/graded.ts';
import { packageFolders } from './sandbox/packages.ts';
import { SandboxProcess } from './sandbox/process.ts';

/** A pair takes a millisecond; one that takes seconds of processor time is no answer. */
const limits = { rowMs: 3000, startMs: 60_000 } as const;
/** An answer's end, characters: what is boxed stands there. */
const read = 100_000;

/** `math`: what the answer boxes last equals, as mathematics, what the reference boxes (or is, where it boxes nothing). */
export function mathGrader(spec: string): Grader {
  const script = fileURLToPath(new URL('./sandbox/math-child.ts', import.meta.url));
  const sandbox = new SandboxProcess({
    name: 'The sandbox for mathematics',
    script,
    readable: [fileURLToPath(new URL('./math/', import.meta.url)), ...packageFolders('@cortex-js/compute-engine', script)],
    setup: {},
    rowMs: limits.rowMs,
    startMs: limits.startMs,
    heapMb: 256,
    rssMb: 512,
  });
  return sandboxGrader<{ answer: string; reference: string }>({ spec, needsReference: true }, sandbox, ({ answer, row }) => {
    if (row.reference === null) return { grade: noReference };
    const reference = finalAnswer(row.reference);
    if (reference === null) return { grade: { score: 0, reason: 'the reference holds no answer' } };
    const found = finalAnswer(answer.slice(-read));
    if (found === null) return { grade: { score: 0, reason: `no \\boxed{}, expected ${shortened(reference)}` } };
    if (found.trim() === reference.trim() && found.trim() !== '') return { grade: { score: 1, reason: shortened(found) } };
    return { payload: { answer: found, reference } };
  }, (outcome, { answer, reference }) => {
    if (outcome === undefined || 'failed' in outcome) return { score: 0, reason: `cannot be read in time: ${shortened(answer)}` };
    return outcome.value === true ? { score: 1, reason: shortened(answer) } : { score: 0, reason: `${shortened(answer)}, expected ${shortened(reference)}` };
  });
}
