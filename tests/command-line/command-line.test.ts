/**
 * The command line on the real stories260K model, in a home of its own: what each command gives, what bad usage gets,
 * and the demonstration of the main job: an expert for " dog" from 28 story openings, tried on 28 with other names.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { singular } from './singular.ts';

const folder = join(import.meta.dirname, '../../../shared/models/stories260K');
const work = mkdtempSync(join(tmpdir(), 'singular-cli-'));
const home = join(work, 'home');
const run = (...words: string[]) => singular('--home', home, '--json', ...words);
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('usage', () => {
  it.each([
    [['frobnicate'], /unknown command/],
    [['generate'], /--prompt/],
    [['generate', '--prompt', 'x', '--frob'], /unknown option/],
    [['generate', '--prompt', 'x', '--temperature', 'warm'], /--temperature takes a number/],
    [['train', '--data', 'x', '--grader', 'number', '--name', 'n', '--set', 'speed=9'], /knows no “speed”/],
    [['train', '--data', 'x', '--grader', 'number', '--name', 'n', '--set', 'steps=-1'], /steps/],
    [['train', '--data', 'x', '--grader', 'number', '--name', 'n', '--preset', 'slow'], /quick or paper/],
    [['train', '--data', 'x', '--grader', 'number', '--name', 'n', '--set', 'method=qlora'], /method/],
    [['train', '--data', 'x', '--grader', 'number', '--name', 'n', '--set', 'layers=every-third'], /layers/],
    [['train', '--data', 'x', '--grader', 'number', '--name', 'n', '--set', 'klSweep=0.1,warm'], /klSweep/],
    [['compare'], /Name a plan file/],
    [['expert', 'distance', 'a'], /at least two/],
  ])('%j is refused with code 2 and one sentence', async (words, sentence) => {
    const { code, stdout, stderr } = await run(...words);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.trim()).toMatch(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('shows help with code 0', async () => {
    const { code, stdout } = await singular('--help');
    expect(code).toBe(0);
    for (const command of ['model', 'svd', 'generate', 'objective', 'train', 'evaluate', 'expert', 'mix', 'adapt', 'answer', 'dispatcher', 'search', 'compare', 'tasks']) expect(stdout).toContain(command);
  });
});

describe.skipIf(!existsSync(folder))('stories260K (../shared; skipped where that is not there)', () => {
  const openings = ['Once upon a time, there was a little girl named {}.', 'One day, {} went to the park.', '{} was very happy.', '{} and a friend played in the garden.'];
  const rows = (names: string[]): string => names.flatMap((name) => openings.map((text) => JSON.stringify({ prompt: text.replace('{}', name) }))).join('\n');
  const trainFile = join(work, 'train.jsonl');
  const testFile = join(work, 'test.jsonl');
  beforeAll(() => {
    writeFileSync(trainFile, rows(['Lily', 'Tom', 'Ben', 'Mia', 'Sam', 'Anna', 'Tim']));
    writeFileSync(testFile, rows(['Sue', 'Max', 'Lucy', 'Jack', 'Emma', 'Bob', 'Sara']));
  });

  it('adds, lists and decomposes a model', async () => {
    expect((await run('model', 'add', folder)).result()).toMatchObject({ id: 'stories260K', layers: 5, vocabularySize: 512 });
    expect((await run('svd', '--model', 'stories260K')).result()).toMatchObject({ state: 'ready', done: 35, total: 35 });
    expect(((await run('model', 'list')).result()['models'] as { id: string }[]).map(({ id }) => id)).toContain('stories260K');
  });

  it('continues the empty raw prompt from the BOS token, options standing before or after the command', async () => {
    const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as { greedy_ids_from_bos: number[] };
    const { code, result } = await singular('--model', folder, '--raw', 'generate', '--prompt', '', '--max-tokens', '60', '--home', home, '--json');
    expect(code).toBe(0);
    expect(result()).toMatchObject({ ids: expected.greedy_ids_from_bos.slice(1, 61), promptTokens: 1 });
  });

  it('samples the same for the same seed', async () => {
    const words = ['generate', '--model', 'stories260K', '--raw', '--prompt', 'Once', '--temperature', '1', '--seed', '5', '--max-tokens', '20'];
    const [first, again] = [await run(...words), await run(...words)];
    expect(again.result()['text']).toBe(first.result()['text']);
    expect((await run(...words, '--seed', '6')).result()['text']).not.toBe(first.result()['text']);
  });

  it('gives the objective and its gradient as the reference does', async () => {
    const { cases } = JSON.parse(readFileSync(join(folder, 'svf_expected.json'), 'utf8')) as { cases: { ids: number[]; prompt_tokens: number; reward: number; kl_coefficient: number; amp: number; objective: Record<string, number>; gradient_of_J: { matrix: string; index: number; dJ_dz: number }[] }[] };
    const base = cases.find(({ amp }) => amp === 0);
    if (!base) throw new Error('no case at the base');
    const request = join(work, 'request.json');
    writeFileSync(request, JSON.stringify({ ids: base.ids, promptTokens: base.prompt_tokens, reward: base.reward, klCoefficient: base.kl_coefficient, gradient: true }));
    const result = (await run('objective', '--model', 'stories260K', '--request', request)).result();
    expect(result['objective']).toBeCloseTo(base.objective['J'], 4);
    const gradient = result['gradient'] as Record<string, number[]>;
    for (const { matrix, index, dJ_dz } of base.gradient_of_J) expect(gradient[matrix][index]).toBeCloseTo(dJ_dz, 4);
  });

  it.each([
    ['an unknown model', ['generate', '--model', 'nowhere', '--prompt', 'x'], /There is no model “nowhere”/],
    ['an unknown expert', ['generate', '--model', 'stories260K', '--prompt', 'x', '--mix', 'ghost=1'], /There is no expert “ghost”/],
    ['a missing file', ['evaluate', '--model', 'stories260K', '--data', join(work, 'no.jsonl'), '--grader', 'number'], /no\.jsonl/],
    ['an unknown grader', ['evaluate', '--model', 'stories260K', '--data', trainFile, '--grader', 'taste'], /taste/],
    ['a request that is none', ['objective', '--model', 'stories260K', '--request', trainFile], /cannot be read as JSON/],
  ])('refuses %s with code 1 and one sentence', async (_, words, sentence) => {
    const { code, stderr } = await run(...words);
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('trains an expert for " dog" that says it to other names too', async () => {
    const evaluate = ['evaluate', '--model', 'stories260K', '--data', testFile, '--grader', 'contains: dog', '--raw', '--samples', '4', '--temperature', '1', '--set', 'maxTokens=48'];
    const before = (await run(...evaluate)).result();
    expect(before['rows']).toBe(28);
    expect(before['score']).toBeLessThan(0.1);

    const training = await run('train', '--model', 'stories260K', '--data', trainFile, '--grader', 'contains: dog', '--name', 'dog', '--raw', '--set', 'maxTokens=48');
    expect(training.stderr).toBe('');
    expect(training.result()).toMatchObject({ expert: 'dog', steps: 40, baseScore: expect.any(Number) as number, score: expect.any(Number) as number, seconds: expect.any(Number) as number });
    // 28 rows that name no split: a fifth is for the final score, and a quarter of the rest for choosing
    expect(training.result()).toMatchObject({ trials: [{ trial: 0, chosen: true }], rowsUsed: { train: { rows: 16 }, validation: { rows: 6 }, test: { rows: 6 } } });
    expect(training.progress().filter(({ event }) => event === 'step')).toHaveLength(40);

    const after = (await run(...evaluate, '--mix', 'dog=1', '--with-base')).result();
    expect(after['score']).toBeGreaterThanOrEqual(0.9);
    expect(after['base']).toBe(before['score']);
    expect(after['gain']).toBeCloseTo((after['score'] as number) - (before['score'] as number), 12);
    expect((await run('runs', 'list', '--kind', 'evaluate', '--expert', 'dog')).result()).toMatchObject({ total: 1, runs: [{ evaluated: { parts: [{ name: 'dog', alpha: 1 }] } }] });
    expect((await run(...evaluate, '--mix', 'dog=0')).result()['score']).toBe(before['score']);
  });

  it('runs a comparison from a plan, shows it, reports it and keeps an expert', async () => {
    const plan = join(work, 'plan.json');
    const set = { steps: 2, batchSize: 8, maxTokens: 12, validationRows: 8, testRows: 8, validateEvery: 1 };
    writeFileSync(plan, JSON.stringify({ name: 'small', models: ['stories260K'], tasks: [{ dataset: 'train.jsonl', grader: 'contains: dog', raw: true }], methods: [{ name: 'SVF' }, { name: 'LoRA', set: { method: 'lora', rank: 2, learningRate: 0.002 } }], seeds: [0], set }));
    const ran = await run('compare', plan);
    expect(ran.stderr).toBe('');
    expect(ran.progress().filter(({ event }) => event === 'cell')).toHaveLength(2);
    expect(ran.result()).toMatchObject({ name: 'small', state: 'succeeded', done: 2, failed: 0, summary: [{ method: null }, { method: 'SVF' }, { method: 'LoRA' }] });
    expect((await run('compare', 'list')).result()).toMatchObject({ comparisons: [{ name: 'small', state: 'succeeded' }] });
    expect((await run('compare', 'show', 'small')).result()['summary']).toEqual(ran.result()['summary']);
    const notes = join(work, 'notes.md');
    writeFileSync(notes, 'A sentence of mine.');
    const report = join(work, 'report.md');
    expect((await run('compare', 'report', 'small', '--out', report, '--notes', notes)).result()).toEqual({ path: report });
    expect(readFileSync(report, 'utf8')).toMatch(/^<!-- Written by Singular[\s\S]*\| LoRA \|[\s\S]*A sentence of mine\./);
    expect(existsSync(join(work, 'report-gains.svg'))).toBe(true);

    expect((await run('compare', 'keep', 'small', '--cell', '1', '--as', 'adapter')).result()).toMatchObject({ name: 'adapter', method: 'lora' });
    const folder = join(work, 'adapter');
    expect((await run('expert', 'export', 'adapter', '--out', folder)).code).toBe(0);
    expect(JSON.parse(readFileSync(join(folder, 'adapter_config.json'), 'utf8'))).toMatchObject({ peft_type: 'LORA', r: 2 });
    expect(existsSync(join(folder, 'adapter_model.safetensors'))).toBe(true);
    const refused = await run('generate', '--model', 'stories260K', '--prompt', 'x', '--raw', '--mix', 'adapter=1');
    expect(refused).toMatchObject({ code: 1, stderr: '“adapter” is a LoRA adapter and has no z: it cannot be mixed, only evaluated, compared and exported.\n' });
    expect((await run('evaluate', '--model', 'stories260K', '--data', testFile, '--grader', 'contains: dog', '--raw', '--adapter', 'adapter', '--limit', '4', '--set', 'maxTokens=12')).result()).toMatchObject({ rows: 4 });
  });

  it('tells spectrum, control, difference and distance', async () => {
    expect((await run('compare', 'keep', 'small', '--cell', '0', '--as', 'z')).code).toBe(0);
    const spectrum = (await run('model', 'spectrum', 'stories260K')).result();
    expect((spectrum['matrices'] as { shares: number[] }[]).every(({ shares }) => Math.abs((shares.at(-1) ?? 0) - 1) < 1e-6 && shares[0] > 0)).toBe(true);
    const control = (await run('expert', 'control', 'z', '--seed', '1')).result() as { test: { base: object; rows: number }; control: { base: object; rows: number; seed: number } };
    expect(control.control).toMatchObject({ seed: 1, rows: control.test.rows, base: control.test.base });
    expect(((await run('expert', 'distance', 'z', 'dog')).result()['cosine'] as number[][])[1][1]).toBeCloseTo(1, 6);
    expect((await run('expert', 'difference', 'z', 'dog', '--bins', '8')).result()['matrices']).toHaveLength(35);
    expect((await run('expert', 'show', 'dog')).result()['command']).toMatch(/^npm run -s singular -- train --model stories260K .*--set maxTokens=48/);
  });

  it('exports, removes and imports the expert, and saves and exports mixes', async () => {
    const file = join(work, 'dog.safetensors');
    expect((await run('expert', 'export', 'dog', '--out', file, '--merged', join(work, 'merged'))).code).toBe(0);
    expect(existsSync(join(work, 'merged', 'model.safetensors'))).toBe(true);
    const prompt = ['--prompt', 'Sue was', '--raw', '--max-tokens', '30'];
    const mixed = (await run('generate', '--model', 'stories260K', '--mix', 'dog=1', ...prompt)).result();
    expect((await run('generate', '--model', join(work, 'merged'), ...prompt)).result()['ids']).toEqual(mixed['ids']);

    expect((await run('expert', 'remove', 'dog')).code).toBe(0);
    expect((await run('expert', 'import', file, '--name', 'dog again')).result()).toMatchObject({ name: 'dog again' });
    expect((await run('generate', '--model', 'stories260K', '--mix', 'dog again=1', ...prompt)).result()['ids']).toEqual(mixed['ids']);
    expect((await run('mix', 'save', 'half', '--model', 'stories260K', '--mix', 'dog again=0.5')).code).toBe(0);
    expect((await run('mix', 'export', 'half', '--out', join(work, 'half.safetensors'))).code).toBe(0);
    // a sum of the expert's halves is the expert; halves off the base are half of it; and a mix has one form
    expect((await run('mix', 'save', 'halves', '--model', 'stories260K', '--mix', 'dog again=0.5', '--mix', 'dog again=0.5', '--form', 'sum')).result()).toMatchObject({ form: 'sum' });
    const generate = ['generate', '--model', 'stories260K', ...prompt];
    expect((await run(...generate, '--mix', 'halves')).result()['ids']).toEqual(mixed['ids']);
    expect((await run(...generate, '--mix', 'dog again=2')).result()['ids']).not.toEqual((await run(...generate, '--mix', 'dog again=2', '--form', 'sum')).result()['ids']);
    expect(await run(...generate, '--mix', 'half', '--form', 'sum')).toMatchObject({ code: 2, stderr: 'The mix “half” is of the form base-anchored, the rest of the form sum; a mix has one.\n' });
    const refused = await run('expert', 'import', file, '--model', 'tiny-llama');
    expect(refused).toMatchObject({ code: 1 });
  });
});
