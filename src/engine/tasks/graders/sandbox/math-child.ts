/**
 * The process that compares mathematics: answers come from a model, and a parser of LaTeX may take any time over one.
 * It has no rights beyond reading its own code and the parser's; the parent ends it where a pair takes too long.
 */
import hostProcess from 'node:process';
import { sameMathematics } from '../math/compare.ts';

const send = (message: unknown): Promise<void> => new Promise((resolve) => hostProcess.send?.(message, () => resolve()));

hostProcess.on('message', (batch: { items: { index: number; payload: string }[] }) => void work(batch.items));
await send({ ready: true });

async function work(items: { index: number; payload: string }[]): Promise<void> {
  for (const { index, payload } of items) {
    const { answer, reference } = JSON.parse(payload) as { answer: string; reference: string };
    let same = false;
    try {
      same = sameMathematics(answer, reference);
    } catch {
      // an answer that the parser cannot take is no answer
    }
    await send({ index, value: same });
  }
}
