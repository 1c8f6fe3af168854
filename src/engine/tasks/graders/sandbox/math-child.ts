/**
 * The process that compares mathematics: answers come from a model, and a parser of LaTeX may take any time over one.
 * It has no rights beyond reading its own code and the parser's; its watchdog ends it where a pair takes too long.
 */
import { sameMathematics } from '../math/compare.ts';
import { serve } from './serve.ts';

await serve((payload) => {
  const { answer, reference } = JSON.parse(payload) as { answer: string; reference: string };
  return { value: sameMathematics(answer, reference) };
}, () => ({ value: false })); // an answer that the parser cannot take is no answer
