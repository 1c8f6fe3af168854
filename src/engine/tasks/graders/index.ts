/** The graders: one table over all kinds, and the only place where a grader's spec is read. */
import { SingularError } from '../../../shared/errors.ts';
import type { TaskRow } from '../../host/protocol.ts';
import { testsColumn } from '../rows.ts';
import { choiceGrader } from './choice.ts';
import { containsGrader } from './contains.ts';
import { exactGrader } from './exact.ts';
import { expressionGrader } from './expression.ts';
import type { Grader } from './grader.ts';
import { mathGrader } from './math.ts';
import { numberGrader } from './number.ts';
import { patientPythonLimits, pythonGrader, pythonLimits } from './python.ts';
import { behindThoughts } from './thoughts.ts';

export type { Grade, GradeItem, Grader } from './grader.ts';

/** `plain` kinds are a word; `text` kinds carry the person's text behind the first colon, to the letter. */
interface Kind {
  takes: 'nothing' | 'text';
  /** in words, for the window */
  description: string;
  /** columns beside the prompt that a row must have */
  needs: 'nothing' | 'answer' | 'tests';
  /** what a model thought before its answer is no answer; a person's own text or expression is about all that was said */
  reads: 'answer' | 'all';
  create(spec: string, text: string, patient: boolean): Grader | Promise<Grader>;
}

export const graderKinds = ['contains', 'exact', 'number', 'math', 'choice', 'python', 'expression'] as const;
export type GraderKind = (typeof graderKinds)[number];

export const graders: Record<GraderKind, Kind> = {
  contains: { takes: 'text', needs: 'nothing', reads: 'all', description: 'The answer contains a text, to the letter.', create: containsGrader },
  exact: { takes: 'nothing', needs: 'answer', reads: 'answer', description: 'The answer equals the reference.', create: exactGrader },
  number: { takes: 'nothing', needs: 'answer', reads: 'answer', description: 'The number stated as the answer, or else the last one, equals the reference’s.', create: numberGrader },
  math: { takes: 'nothing', needs: 'answer', reads: 'answer', description: 'What the answer boxes last equals the reference’s, as mathematics.', create: mathGrader },
  choice: { takes: 'nothing', needs: 'answer', reads: 'answer', description: 'The answer picks the right option, by letter or text.', create: choiceGrader },
  python: { takes: 'nothing', needs: 'tests', reads: 'answer', description: 'The answer is Python code that passes the row’s tests.', create: (spec, _text, patient) => pythonGrader(spec, patient ? patientPythonLimits : pythonLimits) },
  expression: { takes: 'text', needs: 'nothing', reads: 'all', description: 'A JavaScript expression of your own over answer and row.', create: expressionGrader },
};

/** Errors: `bad-input`, naming the kinds, for a spec that is none. Says nothing yet about an expression's syntax. */
export function parseGrader(spec: string): { kind: GraderKind; text: string } {
  const colon = spec.indexOf(':');
  const name = (colon === -1 ? spec : spec.slice(0, colon)).trim();
  const kind = graderKinds.find((known) => known === name);
  if (kind === undefined) {
    throw new SingularError('bad-input', `“${spec.slice(0, 60)}” is no grader; there are contains:TEXT, exact, number, math, choice, python and expression:JAVASCRIPT.`);
  }
  const text = colon === -1 ? '' : spec.slice(colon + 1);
  if (graders[kind].takes === 'nothing' && text !== '') throw new SingularError('bad-input', `The grader ${kind} takes nothing behind its name, but got “${text.slice(0, 60)}”.`);
  if (graders[kind].takes === 'text' && text === '') throw new SingularError('bad-input', `The grader ${kind} needs a text: ${kind}:${kind === 'contains' ? ' dog' : 'answer.length < 100'}, for example.`);
  return { kind, text };
}

/** What a row has not, that answers to it are graded by. */
export function lackOf(spec: string, row: TaskRow): { lacks?: string } {
  const { needs } = graders[parseGrader(spec).kind];
  if (needs === 'answer') return row.reference === null ? { lacks: 'a reference answer' } : {};
  return needs === 'tests' && [testsColumn, 'tests', 'test_list', 'test'].every((name) => (row.data[name] ?? null) === null) ? { lacks: 'tests' } : {};
}

/** Makes a grader from its spec; a patient one gives code more time. The caller disposes of it. Errors: `bad-input` for a spec that cannot work. */
export async function createGrader(spec: string, patient = false): Promise<Grader> {
  const { kind, text } = parseGrader(spec);
  const { create, reads } = graders[kind];
  const grader = await create(spec, text, patient);
  return reads === 'answer' ? behindThoughts(grader) : grader;
}
