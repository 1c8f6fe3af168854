import { noReference, pureGrader, shortened, type Grader } from './grader.ts';

/** `exact`: the answer is the reference, white space around both aside. */
export function exactGrader(spec: string): Grader {
  return pureGrader(spec, true, (answer, row) => {
    if (row.reference === null) return noReference;
    if (answer.trim() === row.reference.trim()) return { score: 1, reason: 'equal to the reference' };
    return { score: 0, reason: `“${shortened(answer)}”, expected “${shortened(row.reference)}”` };
  });
}
