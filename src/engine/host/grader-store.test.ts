import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { GraderStore } from './grader-store.ts';

/** Processes that this one started, once those that were ended are gone. */
const children = (): number => execFileSync('ps', ['-A', '-o', 'ppid=,comm='], { encoding: 'utf8' }).split('\n').filter((line) => Number(line.trim().split(/\s+/)[0]) === process.pid && !/\bps$|defunct/.test(line)).length;
const store = new GraderStore();
const length = (more: number): string => `expression: answer.length + ${more}`;
const grade = (spec: string): Promise<number> => store.using(spec, async (grader) => (await grader.grade('a', { row: 0, messages: [], reference: null, data: {} })).score);

test.skipIf(process.platform === 'win32')('the last four unused graders keep their processes, and one in use keeps its own', async () => {
  const before = children();
  let finish = (): void => {};
  const used = store.using(length(-1), (grader) => new Promise<number>((resolve) => {
    finish = () => void grader.grade('ab', { row: 0, messages: [], reference: null, data: {} }).then(({ score }) => resolve(score));
  }));
  for (const more of [0, 1, 2, 3, 4, 5]) await grade(length(more));
  await expect.poll(() => children() - before).toBe(5);
  finish();
  expect(await used).toBe(1);
  await expect.poll(() => children() - before).toBe(4);
  expect(await grade(length(0))).toBe(1); // ended before, made again
});

test('a grader that cannot be made is not kept', async () => {
  await expect(grade('expression: (')).rejects.toThrow(/cannot be used/);
  await expect(grade('expression: (')).rejects.toThrow(/cannot be used/);
});
