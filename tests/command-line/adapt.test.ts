/** Self-adaptation by the command line on the real stories260K: two experts, a search, dispatchers, and answers with each strategy. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { singular } from './singular.ts';

const folder = join(import.meta.dirname, '../../../shared/models/stories260K');
const work = mkdtempSync(join(tmpdir(), 'singular-adapt-'));
const run = (...words: string[]) => singular('--home', join(work, 'home'), '--json', ...words);
const gap = join(work, 'gap.txt');
writeFileSync(gap, 'one\n\nthree\n');
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('usage', () => {
  it.each([
    [['adapt', '--data', 'x', '--grader', 'number', '--name', 'n'], /at least one expert/],
    [['adapt', '--data', 'x', '--grader', 'number', '--name', 'n', '--set', 'speed=9'], /knows no “speed”/],
    [['adapt', '--data', 'x', '--grader', 'number', '--name', 'n', '--set', 'perLayer=maybe'], /perLayer/],
    [['answer', '--strategy', 'magic', '--prompt', 'x'], /not “magic”/],
    [['answer', '--strategy', 'none'], /either --prompt TEXT or --prompts FILE/],
    [['answer', '--strategy', 'none', '--prompts', gap], /line 2 is empty/],
    [['dispatcher', 'make', '--kind', 'magic'], /Allowed choices are prompt, classifier, embedding/],
  ])('%j is refused with one sentence', async (words, sentence) => {
    const { code, stdout, stderr } = await run(...words);
    expect([code, stdout]).toEqual([words.includes(gap) ? 1 : 2, '']);
    expect(stderr.trim()).toMatch(sentence);
  });
});

describe.skipIf(!existsSync(folder))('stories260K (../shared; skipped where that is not there)', () => {
  const names = ['Lily', 'Tom', 'Ben', 'Mia', 'Sam', 'Anna', 'Tim', 'Sue', 'Max', 'Lucy', 'Jack', 'Emma'];
  const file = (name: string, opening: string): string => {
    const path = join(work, `${name}.jsonl`);
    writeFileSync(path, names.map((who) => JSON.stringify({ prompt: opening.replace('{}', who) })).join('\n'));
    return path;
  };
  const dogs = file('dogs', 'One day, {} went to the park and saw');
  const cats = file('cats', 'Once upon a time, there was a little girl named {} who had a');
  beforeAll(async () => {
    expect((await run('model', 'add', folder)).code).toBe(0);
    for (const [name, data] of [['dog', dogs], ['cat', cats]]) {
      const { code, stderr } = await run('train', '--model', 'stories260K', '--data', data, '--grader', `contains: ${name}`, '--name', name, '--raw', '--set', 'steps=3', '--set', 'batchSize=8', '--set', 'maxTokens=8', '--set', 'testRows=4', '--set', 'validationRows=4');
      expect([code, stderr]).toEqual([0, expect.any(String)]);
    }
  });

  it('searches for α, tells every generation, and saves the mix', async () => {
    const { code, stderr, result, progress } = await run('adapt', '--model', 'stories260K', '--data', dogs, '--grader', 'contains: dog', '--raw', '--experts', 'dog,cat', '--name', 'both', '--set', 'generations=3', '--set', 'population=4', '--set', 'examples=3', '--set', 'selectionRows=2', '--set', 'testRows=3', '--set', 'maxTokens=8', '--set', 'patience=0');
    expect(stderr.replace(/^.*SVD cache.*$/m, '').trim()).toBe('');
    expect(code).toBe(0);
    expect(progress().filter(({ event }) => event === 'generation').map(({ generation }) => generation)).toEqual([0, 1, 2]);
    // 1 + 2 before, 3 × 4 candidates, then at least the base, the experts, the centre and one candidate on 3 + 2 rows, and 2 × 2 test rows (a fifth of twelve)
    expect(result()).toMatchObject({ mix: 'both', alphas: [{ name: 'dog' }, { name: 'cat' }], generations: 3, stopped: 'generations', test: { rows: 2 } });
    expect(result()['answers']).toBeGreaterThan(3 * 15 + 5 * 5);
    expect((await run('mix', 'list')).result()['mixes']).toMatchObject([{ name: 'both', searchId: result()['searchId'] }]);
    expect((await run('search', 'list')).result()).toMatchObject({ total: 1, searches: [{ name: 'both', state: 'succeeded' }] });
    expect(((await run('search', 'show', 'both')).result()['generations'] as unknown[])).toHaveLength(3);
    const answered = (await run('answer', '--strategy', 'mix:both', '--prompt', 'One day, Tom', '--raw', '--max-tokens', '4')).result();
    expect(answered).toMatchObject({ alphas: expect.any(Array), tokens: 4, firstPassMs: 0 });
  });

  it('makes a dispatcher on first use, and a file of prompts is one batch', async () => {
    const prompts = join(work, 'prompts.txt');
    writeFileSync(prompts, 'One day, Kim went to the park and saw\n{"prompt":"Once upon a time, there was a little girl named Zoe who had a"}\n');
    const { code, stderr, result, progress } = await run('answer', '--model', 'stories260K', '--strategy', 'embedding', '--prompts', prompts, '--raw', '--max-tokens', '6');
    expect([code, stderr.trim()]).toEqual([0, '']);
    expect(progress().some(({ event }) => event === 'dispatcher')).toBe(true);
    const answers = result()['answers'] as { index: number; text: string; expert: string; confidence: number; secondPassMs: number }[];
    expect(answers.map(({ index }) => index)).toEqual([0, 1]);
    expect(answers.map(({ expert }) => expert)).toEqual(['dog', 'cat']);
    expect(answers.every(({ text, confidence, secondPassMs }) => text.length > 0 && confidence > 0.5 && secondPassMs > 0)).toBe(true);
    expect((await run('dispatcher', 'list', '--model', 'stories260K')).result()['dispatchers']).toMatchObject([{ kind: 'embedding', stale: false, accuracy: { mean: expect.any(Number) } }]);
    expect((await run('dispatcher', 'remove', '--model', 'stories260K', '--kind', 'embedding')).result()).toMatchObject({ removed: 'embedding' });
    expect((await run('dispatcher', 'remove', '--model', 'stories260K', '--kind', 'embedding')).code).toBe(1);
  });

  it('by prompt and by nothing', async () => {
    const byPrompt = (await run('answer', '--model', 'stories260K', '--strategy', 'prompt', '--prompt', 'One day', '--max-tokens', '3')).result();
    expect(['dog', 'cat', 'base']).toContain(byPrompt['expert']);
    expect(byPrompt['firstPassMs']).toBeGreaterThan(0);
    const none = (await run('answer', '--model', 'stories260K', '--strategy', 'none', '--prompt', 'One day', '--max-tokens', '3')).result();
    expect(Object.keys(none)).toEqual(['text', 'firstPassMs', 'secondPassMs', 'tokens']);
  });
});
