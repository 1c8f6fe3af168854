/**
 * A training and a search by the command line on the bundled model, paused by Ctrl-C, then killed, then run to their end,
 * by the same command each time: one job, and the same numbers as undisturbed. A search ended by another command beside it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { JobDto } from '../../src/shared/contract.ts';
import { besides, disturbed, singular } from './singular.ts';

// Many more steps and generations than are waited for: on a busy machine a signal comes late.
const work = mkdtempSync(join(tmpdir(), 'singular-taken-up-'));
const home = ['--home', join(work, 'home'), '--json'];
const run = (...words: string[]) => singular(...home, ...words);
const jobs = async (kind: string): Promise<JobDto[]> => ((await run('jobs', 'list')).result()['jobs'] as JobDto[]).filter((job) => job.kind === kind);
const settings = (values: Record<string, string | number>): string[] => Object.entries(values).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
const timeless = (of: unknown): unknown => JSON.parse(JSON.stringify(of, (key, value: unknown) => (key === 'seconds' || key === 'peakMemoryBytes' ? 0 : value)));
afterAll(() => rmSync(work, { recursive: true, force: true }));

it('a training', async () => {
  const train = (name: string): string[] => ['train', '--task', 'math', '--name', name, ...settings({ steps: 12, batchSize: 8, maxTokens: 24, validationRows: 8, testRows: 8, validateEvery: 3, checkpointEvery: 1 })];
  const undisturbed = await run(...train('quiet'));
  expect([undisturbed.code, undisturbed.stderr]).toEqual([0, '']);
  const paused = await disturbed('SIGINT', '"event":"step"', ...home, ...train('loud'));
  expect([paused.code, paused.stderr.trim()]).toEqual([1, '“Train “loud”” is paused; the same command takes it up again.']);
  expect((await jobs('train')).map(({ state }) => state)).toEqual(['paused', 'succeeded']);
  const killed = await disturbed('SIGKILL', '"event":"step"', ...home, ...train('loud'));
  expect(killed.progress()[0]).toMatchObject({ event: 'taken-up' });
  expect((await jobs('train')).map(({ state }) => state)).toEqual(['interrupted', 'succeeded']);
  const ended = await run(...train('loud'));
  expect(ended.code).toBe(0);
  const numbers = ({ trials, test, score, baseScore }: Record<string, unknown>): unknown => timeless({ trials, test, score, baseScore });
  expect(numbers(ended.result())).toEqual(numbers(undisturbed.result()));
  expect((await jobs('train')).map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);
  // what has ended is not taken up
  expect((await run(...train('loud'))).result()['expert']).toBe('loud 2');
});

it('a search: the same α', async () => {
  const adapt = (name: string, generations = 12): string[] => ['adapt', '--task', 'math-hard', '--experts', 'quiet,loud', '--name', name, ...settings({ generations, population: 6, examples: 4, selectionRows: 4, testRows: 4, maxTokens: 24, patience: 0, temperature: 0.7, seed: 3 })];
  const undisturbed = await run(...adapt('calm'));
  expect([undisturbed.code, undisturbed.stderr]).toEqual([0, '']);
  const paused = await disturbed('SIGINT', '"event":"generation"', ...home, ...adapt('rough'));
  expect([paused.code, paused.stderr.trim()]).toEqual([1, '“Search “rough”” is paused; the same command takes it up again.']);
  const killed = await disturbed('SIGKILL', '"event":"generation"', ...home, ...adapt('rough'));
  expect(killed.progress()[0]).toMatchObject({ event: 'taken-up' });
  expect((await jobs('search')).map(({ state }) => state)).toEqual(['interrupted', 'succeeded']);
  const ended = await run('search', 'resume', 'rough');
  const numbers = ({ alphas, chosen, test, score, generations, answers, stopped }: Record<string, unknown>): unknown => timeless({ alphas, chosen, test, score, generations, answers, stopped });
  expect(numbers(ended.result())).toEqual(numbers(undisturbed.result()));
  expect((await jobs('search')).map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);
  // another wish is another search, which another command ends where it runs
  const [running, kept] = await besides([...home, 'search', 'keep', 'kept'], '"event":"generation"', ...home, ...adapt('kept', 400));
  for (const told of [running, kept]) {
    expect([told.code, told.stderr]).toEqual([0, '']);
    expect(told.result()).toMatchObject({ mix: 'kept', stopped: 'kept' });
    expect(Number(told.result()['generations'])).toBeLessThan(400);
  }
  expect((await run('search', 'remove', 'kept')).result()).toMatchObject({ removed: 'kept' });
  expect((await run('search', 'show', 'kept')).stderr.trim()).toBe('There is no search “kept”; `singular search list` shows those there are.');
});
