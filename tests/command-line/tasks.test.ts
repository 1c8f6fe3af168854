/** Stored tasks by the command line, on the bundled model and datasets: listed, added, used, changed, and repeated from the command that a run records. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { TaskDto } from '../../src/shared/task.ts';
import { singular } from './singular.ts';

const work = mkdtempSync(join(tmpdir(), 'singular-tasks-'));
const run = (...words: string[]) => singular('--home', join(work, 'home'), '--json', ...words);
const tasks = async (): Promise<TaskDto[]> => (await run('tasks', 'list')).result()['tasks'] as TaskDto[];
const prompts = join(work, 'prompts.jsonl');
writeFileSync(prompts, '{"prompt":"a"}\n{"prompt":"b"}\n');
const empty = join(work, 'empty.jsonl');
writeFileSync(empty, '{"prompt":1}\n');
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('usage', () => {
  it.each([
    [['train', '--name', 'n'], 2, /Name a task with --task, or a file or dataset with --data/],
    [['tasks', 'add', 'n'], 2, /Name a task with --task, or a file or dataset with --data/],
    [['tasks', 'add', 'n', '--data', prompts], 2, /What a right answer is, the rows of .* do not say; name a grader with --grader/],
    [['tasks', 'add', 'n', '--data', prompts, '--grader', 'number'], 1, /The grader number needs a reference answer, and none of the first 2 rows has any\./],
    [['tasks', 'add', 'n', '--data', 'math', '--grader', 'python'], 1, /The grader python needs tests, and none of the first 100 rows has any\./],
    [['tasks', 'add', 'n', '--data', 'math', '--template', 'Think.'], 1, /The template has no \{prompt\}/],
    [['datasets', 'add', empty], 1, /has no usable row; row 1: its prompt in column “prompt” is a number, not text\.$/],
    [['evaluate', '--task', 'math', '--splits', '0.5'], 2, /two shares and a seed/],
    [['evaluate', '--task', 'math', '--splits', '0.5,0.6'], 2, /two shares and a seed/],
    [['evaluate', '--task', 'math', '--mapping', 'prompt'], 2, /--mapping is JSON/],
    [['evaluate', '--task', 'math', '--mapping', '{"kind":"odd","prompt":"p"}'], 2, /--mapping “kind”/],
    [['evaluate', '--task', 'magic'], 1, /no task “magic”; `singular tasks list`/],
    [['tasks', 'remove', 'magic'], 1, /no task “magic”/],
  ])('%j is refused with one sentence', async (words, exitCode, sentence) => {
    const { code, stdout, stderr } = await run(...words);
    expect([code, stdout]).toEqual([exitCode, '']);
    expect(stderr.trim()).toMatch(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

it('lists a task for every bundled dataset, with its grader', async () => {
  expect((await tasks()).map(({ name, grader }) => [name, grader])).toEqual([
    ['code', 'python'], ['code-hard', 'python'], ['math', 'number'], ['math-hard', 'number'], ['reasoning', 'choice'], ['reasoning-hard', 'choice'],
  ]);
});

it('without a word, the same list', async () => {
  expect((await run('tasks')).result()).toEqual({ tasks: await tasks() });
});

it('adds a task like another, evaluates on it, renames and removes it', async () => {
  const added = await run('tasks', 'add', 'terse', '--task', 'math', '--template', 'Shortly: {prompt}', '--splits', '0.2,0.1,5');
  expect([added.code, added.stderr]).toEqual([0, '']);
  expect(added.result()).toMatchObject({ name: 'terse', source: 'saved', datasetName: 'math', grader: 'number', mapping: { kind: 'prompt-answer', template: 'Shortly: {prompt}' }, splits: { by: 'shares', validation: 0.2, test: 0.1, seed: 5 } });
  const again = await run('tasks', 'add', 'terse', '--data', 'math', '--grader', 'number');
  expect([again.code, again.stderr.trim()]).toEqual([1, 'A task named “terse” is already there; choose another name.']);
  const short = ['--limit', '4', '--set', 'maxTokens=24'];
  const byTask = await run('evaluate', '--task', 'terse', ...short);
  expect(byTask.result()).toMatchObject({ rows: 4 });
  const byParts = await run('evaluate', '--data', 'math', '--grader', 'number', '--template', 'Shortly: {prompt}', '--splits', '0.2,0.1,5', ...short);
  expect(byParts.result()).toEqual(byTask.result());
  expect((await run('tasks', 'rename', 'terse', 'brief')).code).toBe(0);
  expect((await run('tasks', 'remove', 'brief')).code).toBe(0);
  expect((await tasks()).map(({ name }) => name)).not.toContain('brief');
});

it('a run’s command repeats it after its task has changed', async () => {
  await run('tasks', 'add', 'own', '--task', 'math', '--template', 'Q: {prompt}');
  const few = ['--set', 'steps=2', '--set', 'batchSize=4', '--set', 'maxTokens=8', '--set', 'testRows=4', '--set', 'validationRows=4'];
  const first = await run('train', '--task', 'own', '--name', 'first', ...few);
  expect(first.code).toBe(0);
  await run('tasks', 'remove', 'own');
  const command = first.result()['command'] as string;
  expect(command).toContain("--data math --grader number --template 'Q: {prompt}'");
  const words = [...command.slice(command.indexOf('train')).matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain).map((word) => (word === 'first' ? 'second' : word));
  const second = await run(...words);
  expect(second.code).toBe(0);
  const { trials, test } = second.result();
  const timeless = (of: unknown): unknown => (of as object[]).map((trial) => ({ ...trial, seconds: 0 }));
  expect([timeless(trials), test]).toEqual([timeless(first.result()['trials']), first.result()['test']]);
});

const data = join(import.meta.dirname, '../../../shared/data');
describe.skipIf(!existsSync(data))('published datasets (../shared; skipped where that is not there)', () => {
  it.each([
    ['gsm8k/test.jsonl', 'GSM8K', 'number'], ['math/test.jsonl', 'MATH', 'math'], ['mbpp/mbpp.jsonl', 'MBPP', 'python'],
    ['humaneval/HumanEval.jsonl', 'HumanEval', 'python'], ['arc/challenge_test.jsonl', 'ARC', 'choice'],
  ])('%s is a task at once: %s, graded by %s', async (file, name, grader) => {
    expect((await run('tasks', 'add', `${name} again`, '--data', join(data, file))).result()).toMatchObject({ grader });
    expect(await tasks()).toEqual(expect.arrayContaining([expect.objectContaining({ name, grader, source: 'recognised' })]));
  });
});
