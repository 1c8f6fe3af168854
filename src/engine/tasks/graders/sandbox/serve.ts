/** The child's end of a sandbox: starts its watchdog, takes batches of items, and gives a value for each, in their order. */
import hostProcess from 'node:process';
import { startWatchdog, type Watch } from './watchdog.ts';

/** A value, and whether the process ends behind it. */
interface Served { value: unknown; last?: true }

/** What the parent gives the child before anything else. */
export const given = (): Promise<string> => new Promise((resolve) => hostProcess.once('message', (message: { given: string }) => resolve(message.given)));

/** Says that the child is ready, and answers from then on. `failed` gives what is said of an error of `answer`. */
export async function serve(answer: (payload: string) => Served, failed: (error: unknown) => Served): Promise<void> {
  const send = (message: unknown): Promise<void> => new Promise((resolve) => hostProcess.send?.(message, () => resolve()));
  const watch = await startWatchdog(JSON.parse(hostProcess.argv[3] ?? '{}') as Watch);
  const one = (payload: string): Served => {
    watch.began();
    try {
      return answer(payload);
    } catch (error) {
      return failed(error);
    } finally {
      watch.ended();
    }
  };
  const work = async (items: readonly { index: number; payload: string }[]): Promise<void> => {
    // from here on what happens to this process is these rows' doing
    await send({ begun: true });
    for (const { index, payload } of items) {
      const { value, last } = one(payload);
      // said with the value: who reads it must not send more to a process that is on its way out
      await send({ index, value, ...(last && { last }) });
      if (last) hostProcess.exit(1);
    }
  };
  hostProcess.on('message', ({ items }: { items: { index: number; payload: string }[] }) => void work(items));
  await send({ ready: true });
}
