/** The most memory of the engine process while something runs, asked for from here; a busy engine answers between its calls into the runtime. */
import type { EngineHost } from '../../engine/host.ts';

const everyMs = 250;

/** @returns what `work` came to, and the most bytes seen (resident set of the whole engine process; 0 where nothing could be asked) */
export async function withPeakMemory<T>(engine: Pick<EngineHost, 'call' | 'state'>, work: () => Promise<T>): Promise<{ result: T; peakMemoryBytes: number }> {
  let peakMemoryBytes = 0;
  /** one question at a time: a busy engine would find a queue of them */
  let asked: Promise<void> | null = null;
  const ask = async (): Promise<void> => {
    // an engine that dies is told by the work itself, and started by it
    if (engine.state.state === 'ready') await engine.call('memory', null).then(({ rssBytes }) => void (peakMemoryBytes = Math.max(peakMemoryBytes, rssBytes)), () => undefined);
  };
  const look = (): Promise<void> => (asked ??= ask().finally(() => (asked = null)));
  const timer = setInterval(() => void look(), everyMs);
  try {
    const result = await work();
    await look();
    return { result, peakMemoryBytes };
  } finally {
    clearInterval(timer);
  }
}
