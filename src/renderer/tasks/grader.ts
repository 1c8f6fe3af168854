/** The graders as the window offers them. A spec is the kind alone, or `kind:text` with the text to the letter. */
export const graderChoices = [
  { kind: 'number', label: 'Number', about: 'The last number of the answer, or the one after ####, equals the expected one.', text: null },
  { kind: 'math', label: 'Mathematics', about: 'What the answer boxes last, \\boxed{…}, equals the expected answer as mathematics.', text: null },
  { kind: 'choice', label: 'Choice', about: 'The answer picks the right option, by letter or by text.', text: null },
  { kind: 'exact', label: 'Exact', about: 'The answer equals the expected one.', text: null },
  { kind: 'contains', label: 'Contains', about: 'The answer contains a text, to the letter, spaces included.', text: { label: 'Text', placeholder: ' dog', mono: true } },
  { kind: 'python', label: 'Python', about: 'The answer is Python code that passes the row’s tests, run in a sandbox.', text: null },
  { kind: 'expression', label: 'Expression', about: 'A JavaScript expression of your own over answer and row: true or false, or a score from 0 to 1. It sees no files and no network.', text: { label: 'Expression', placeholder: 'answer.trim().split(/\\s+/).length <= 12', mono: true } },
] as const;
export type GraderKind = (typeof graderChoices)[number]['kind'];

export function splitGrader(spec: string): { kind: GraderKind | null; text: string } {
  const colon = spec.indexOf(':');
  const name = (colon === -1 ? spec : spec.slice(0, colon)).trim();
  const kind = graderChoices.find((choice) => choice.kind === name)?.kind ?? null;
  return { kind, text: colon === -1 ? '' : spec.slice(colon + 1) };
}

/** The spec, or an empty one while a text is still missing: an empty spec cannot be started with. */
export function joinGrader(kind: GraderKind, text: string): string {
  const takesText = graderChoices.find((choice) => choice.kind === kind)?.text !== null;
  if (!takesText) return kind;
  return text === '' ? '' : `${kind}:${text}`;
}
