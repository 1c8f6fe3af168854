/** A grader over a sandbox: what all that run code elsewhere have in common. */
import type { Grade, GradeItem, Grader } from '../grader.ts';
import type { Sandbox, SandboxOutcome } from './process.ts';

/** Grades kept for texts that come again: models repeat themselves, and a run grades one row many times. */
const gradesKept = 20_000;

/**
 * `payloadOf` gives what the sandbox is sent for a row, or a grade at once where it need not be asked; `gradeOf` reads
 * what came back. What ran out of time may have been the machine's fault, and is tried again when it comes again.
 */
export function sandboxGrader<P>(
  { spec, needsReference }: Pick<Grader, 'spec' | 'needsReference'>,
  sandbox: Sandbox,
  payloadOf: (item: GradeItem) => { payload: P } | { grade: Grade },
  gradeOf: (outcome: SandboxOutcome | undefined, payload: P) => Grade,
): Grader {
  const known = new Map<string, Grade>();
  const gradeBatch = async (items: readonly GradeItem[]): Promise<Grade[]> => {
    const asked = items.map((item) => {
      const one = payloadOf(item);
      return 'grade' in one ? one : { ...one, text: JSON.stringify(one.payload) };
    });
    const fresh = [...new Set(asked.flatMap((one) => ('text' in one && !known.has(one.text) ? [one.text] : [])))];
    const outcomes = new Map((await sandbox.run(fresh)).map((outcome, index) => [fresh[index] ?? '', outcome]));
    const grades = asked.map((one) => {
      if ('grade' in one) return one.grade;
      const outcome = outcomes.get(one.text);
      const grade = known.get(one.text) ?? gradeOf(outcome, one.payload);
      if (outcome !== undefined && 'value' in outcome) known.set(one.text, grade);
      return grade;
    });
    for (const text of known.keys()) {
      if (known.size <= gradesKept) break;
      known.delete(text);
    }
    return grades;
  };
  return {
    spec,
    needsReference,
    gradeBatch,
    grade: async (answer, row) => (await gradeBatch([{ answer, row }]))[0] ?? { score: 0, reason: 'no grade' },
    dispose: () => sandbox.dispose(),
  };
}
