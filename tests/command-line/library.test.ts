/** What the window does to its library, by commands: settings, datasets, tasks, runs, experts, mixes and jobs, on the bundled model. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { singular } from './singular.ts';

const work = mkdtempSync(join(tmpdir(), 'singular-library-'));
const run = (...words: string[]) => singular('--home', join(work, 'home'), '--json', ...words);
const said = async (...words: string[]): Promise<Record<string, unknown>> => {
  const ran = await run(...words);
  expect([ran.code, ran.stderr]).toEqual([0, '']);
  return ran.result();
};
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('settings', () => {
  it('are read, changed and kept', async () => {
    expect(await said('settings', 'set', 'theme=dark', 'threads=1')).toMatchObject({ theme: 'dark', threads: 1 });
    expect(await said('settings')).toEqual(await said('settings', 'get'));
    expect(await said('settings', 'get')).toMatchObject({ theme: 'dark', threads: 1, device: 'auto' });
    await said('settings', 'set', 'threads=0');
  });
  it.each([[['theme'], 2, /NAME=VALUE/], [['colour=red'], 2, /of theme, device, threads, hubEndpoint/], [['theme=red'], 1, /one of: system, light, dark/], [['threads=x'], 1, /“threads”/]])('%j is refused', async (pairs, code, sentence) => {
    const ran = await run('settings', 'set', ...pairs);
    expect([ran.code, ran.stderr.trim()]).toEqual([code, expect.stringMatching(sentence)]);
  });
});

it('a dataset is added, shown as the model sees it, and removed', async () => {
  const file = join(work, 'pears.jsonl');
  writeFileSync(file, '{"question":"1 + 1?","answer":"#### 2"}\n{"question":"1 + 2?","answer":"#### 3"}\n{"question":3,"answer":"#### 3"}\n');
  expect(await said('datasets', 'add', file, '--name', 'pears')).toMatchObject({ name: 'pears', rows: 2, unusable: 1, suggestedGrader: 'number' });
  const shown = await said('datasets', 'show', 'pears');
  expect(shown).toMatchObject({ rows: [{ row: 0, prompt: '1 + 1?', text: expect.stringContaining('<|user|>1 + 1?') }, { row: 1 }], unusable: [{ row: 2, reason: 'its prompt in column “question” is a number, not text' }] });
  expect(await said('datasets', 'show', 'pears', '--from', '2')).toMatchObject({ rows: [{ row: 1 }] });
  expect((await said('tasks', 'check', 'reasoning', '--limit', '2'))['rows']).toMatchObject([{ row: 0, score: 1 }, { row: 1, score: 1 }]);
  await said('datasets', 'remove', 'pears');
  expect((await run('datasets', 'show', 'pears')).stderr.trim()).toBe('There is no dataset “pears”; `singular datasets list` shows those there are.');
});

describe('of a training', () => {
  beforeAll(async () => void await said('train', '--task', 'math', '--name', 'sums', '--set', 'steps=1', '--set', 'batchSize=4', '--set', 'maxTokens=8', '--set', 'testRows=4', '--set', 'validationRows=4'));

  it('the run is listed and shown', async () => {
    expect(await said('runs', 'list')).toMatchObject({ total: 1, runs: [{ name: 'sums', kind: 'train', state: 'succeeded' }] });
    expect(await said('runs', 'show', 'sums')).toMatchObject({ name: 'sums', steps: [{ step: 1 }], command: expect.stringContaining('--name sums') });
    expect((await said('runs', 'show', 'sums', '--step', '1'))['samples']).toHaveLength(4);
  });

  it('the expert is renamed, tagged, described, copied, removed and restored', async () => {
    await said('expert', 'rename', 'sums', 'adding');
    await said('expert', 'tag', 'adding', 'small', 'first');
    expect(await said('expert', 'describe', 'adding', 'Sums of pears.')).toMatchObject({ name: 'adding', tags: ['first', 'small'], description: 'Sums of pears.' });
    const copy = (await said('expert', 'duplicate', 'adding'))['name'] as string;
    expect((await said('expert', 'z', copy))['matrices']).toEqual((await said('expert', 'z', 'adding'))['matrices']);
    const { id } = await said('expert', 'remove', 'adding');
    expect((await said('expert', 'list'))['experts']).toMatchObject([{ name: copy }]);
    expect(await said('expert', 'restore', id as string)).toMatchObject({ name: 'adding' });
    await said('mix', 'save', 'half', '--mix', 'adding=0.5');
    expect((await said('mix', 'z', 'half'))['matrices']).toHaveLength(((await said('expert', 'z', 'adding'))['matrices'] as unknown[]).length);
    await said('mix', 'remove', 'half');
    expect(await said('mix', 'list')).toEqual({ mixes: [] });
  });

  it('the job is listed, cannot be changed any more, and is cleared', async () => {
    const [job] = (await said('jobs', 'list'))['jobs'] as { id: string; kind: string }[];
    expect(job?.kind).toBe('train');
    const resumed = await run('jobs', 'resume', job?.id.slice(0, 8) ?? '');
    expect([resumed.code, resumed.stderr.trim()]).toEqual([1, '“Train “sums”” has ended (succeeded) and cannot be resumed.']);
    await said('jobs', 'clear');
    await said('runs', 'remove', 'sums');
    expect(await said('runs', 'list')).toMatchObject({ total: 0 });
    expect(await said('jobs')).toEqual({ jobs: [] });
    expect((await run('jobs', 'cancel', 'none')).stderr.trim()).toBe('There is no job none; `singular jobs list` shows those there are.');
  });
});

it('what a search and a comparison would take is said without beginning them', async () => {
  expect(await said('adapt', '--task', 'math-hard', '--experts', 'adding', '--name', 'x', '--cost')).toMatchObject({ generations: expect.any(Number), answers: expect.any(Number) });
  expect((await said('search', 'list'))['total']).toBe(0);
  const plan = join(import.meta.dirname, '../../docs/results/training-plan.json');
  expect(await said('compare', plan, '--check')).toMatchObject({ cells: expect.any(Number), trainings: expect.any(Array) });
  expect((await said('compare', 'list'))['comparisons']).toEqual([]);
  expect((await run('compare', 'remove', 'x')).stderr.trim()).toBe('There is no comparison “x”; `singular compare list` shows those there are.');
  expect(await said('conversations', 'list')).toEqual({ conversations: [] });
  expect(await said('info')).toMatchObject({ home: join(work, 'home'), devices: expect.any(Array), diagnostics: expect.stringContaining('Singular') });
});
