import { expect, test } from 'vitest';
import type { JobRecord } from '../db/index.ts';
import { Waiters } from './waiters.ts';

const job = (changes: Partial<JobRecord>): JobRecord => ({ id: 'a', title: 'SVD of m', state: 'running', error: null, ...changes }) as JobRecord;

test('everybody who waits hears of the end, once', async () => {
  const waiters = new Waiters();
  const waiting = [waiters.endOf(job({})), waiters.endOf(job({}))];
  waiters.settle(job({ state: 'succeeded' }));
  expect((await Promise.all(waiting)).map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);
  expect(waiters.has('a')).toBe(false);
});

test('a job that is gone before anybody said how it ended leaves nobody waiting', async () => {
  const waiters = new Waiters();
  const waiting = waiters.endOf(job({}));
  waiters.lose('a');
  await expect(waiting).rejects.toMatchObject({ code: 'not-found', message: expect.stringMatching(/^SVD of m: how it ended is not known/) as string });
  expect(waiters.has('a')).toBe(false);
});
