import { pureGrader, shortened, type Grader } from './grader.ts';

/** `contains:TEXT`: the answer holds TEXT to the letter, spaces and case included. */
export function containsGrader(spec: string, text: string): Grader {
  const shown = `“${shortened(text) === text ? text : text.slice(0, 40)}”`;
  return pureGrader(spec, false, (answer) => (answer.includes(text) ? { score: 1, reason: `contains ${shown}` } : { score: 0, reason: `does not contain ${shown}` }));
}
