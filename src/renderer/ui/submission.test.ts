import { expect, it } from 'vitest';
import { Submission } from './submission.svelte.ts';

it('is busy until the work is done, and keeps what went wrong until the next time', async () => {
  const submission = new Submission();
  const failure = new Error('no room');
  let refuse: (reason: Error) => void = () => undefined;
  const first = submission.run(() => new Promise((_, reject) => (refuse = reject)));
  expect(submission.busy).toBe(true);
  let twice = false;
  await submission.run(() => void (twice = true));
  expect(twice).toBe(false);
  refuse(failure);
  await first;
  expect([submission.busy, submission.error]).toEqual([false, failure]);

  const second = submission.run(() => Promise.resolve());
  expect([submission.busy, submission.error]).toEqual([true, null]);
  await second;
  expect([submission.busy, submission.error]).toEqual([false, null]);
});
