import { expect, test, vi } from 'vitest';
import type { EngineHost } from '../../engine/host.ts';
import { withPeakMemory } from './memory.ts';

test('the most that was seen, asked again after the engine was away, and never two questions at once', async () => {
  vi.useFakeTimers();
  const answers: ((rssBytes: number) => void)[] = [];
  const engine = { state: { state: 'starting' }, call: () => new Promise((resolve) => answers.push((rssBytes) => resolve({ rssBytes }))) };
  let end = (): void => undefined;
  const measured = withPeakMemory(engine as unknown as EngineHost, () => new Promise<string>((resolve) => (end = () => resolve('done'))));
  await vi.advanceTimersByTimeAsync(1000);
  expect(answers).toHaveLength(0);
  engine.state.state = 'ready';
  await vi.advanceTimersByTimeAsync(2000);
  expect(answers).toHaveLength(1);
  answers[0](7);
  await vi.advanceTimersByTimeAsync(250);
  expect(answers).toHaveLength(2);
  answers[1](5);
  await vi.advanceTimersByTimeAsync(0);
  end();
  await vi.advanceTimersByTimeAsync(0);
  answers[2](6);
  expect(await measured).toEqual({ result: 'done', peakMemoryBytes: 7 });
  vi.useRealTimers();
});
