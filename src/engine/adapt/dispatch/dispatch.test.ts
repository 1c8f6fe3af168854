/** Which expert a question is for: the parts without a model, and all three ways on tiny-llama's own questions. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { Category, Decision } from '../../../shared/adaptation.ts';
import { ModelStore } from '../../host/model-store.ts';
import { Random } from '../../runtime/random.ts';
import { trainClassifier, quickClassifier } from './classifier.ts';
import { dispatchByEmbedding, fitEmbedding } from './embedding.ts';
import { dispatch, learnEmbedding, questionOf } from './index.ts';
import { distinguishing, habitOf, nameLogProbs, probabilitiesOf } from './labels.ts';
import { classificationTask, decide } from './prompt.ts';
import { classificationQuestion } from './question.ts';

describe('names as answers', () => {
  it('count as far as they must to be told apart', () => {
    expect(distinguishing([[1, 2], [3, 4], [5]])).toEqual([[1], [3], [5]]);
    expect(distinguishing([[1, 2, 9], [1, 3, 9], [5, 5]])).toEqual([[1, 2], [1, 3], [5]]);
    // one name begins another: it keeps all that it has
    expect(distinguishing([[1, 2], [1, 2, 3], [4]])).toEqual([[1, 2], [1, 2, 3], [4]]);
  });

  it('are compared less what the model says anyway', () => {
    const logProbs = [[-1, -9], [-1.2, -8.5]];
    const habit = habitOf(logProbs);
    expect(habit).toEqual([-1.1, -8.75]);
    const [first, second] = probabilitiesOf(logProbs, habit);
    expect(first[0]).toBeGreaterThan(0.5);
    expect(second[1]).toBeGreaterThan(0.5);
    expect(first[0] + first[1]).toBeCloseTo(1, 12);
  });

  it('the last of which is the base', () => {
    expect(decide([0.2, 0.7, 0.1])).toEqual({ expert: 1, confidence: 0.7, probabilities: [0.2, 0.7, 0.1] });
    expect(decide([0.2, 0.1, 0.7])).toEqual({ expert: null, confidence: 0.7, probabilities: [0.2, 0.1, 0.7] });
  });
});

describe('the question about a question', () => {
  it('names every category and `others`, with the experts’ descriptions', () => {
    const { messages: [{ content }], lead } = classificationQuestion('2+2?', [{ name: 'sums', description: 'adding numbers' }, { name: 'verse', description: '' }], 'paper');
    expect(content).toContain("'sums', 'verse', 'others'");
    expect(content).toContain('1. sums: adding numbers');
    expect(content).toContain('2. verse: questions for the expert “verse”');
    expect(content).toContain('Question: 2+2?');
    expect(lead).toBe('Classification: \\boxed{');
  });
});

describe('the hidden state', () => {
  const random = new Random(4);
  const blob = (centre: number): Float32Array => Float32Array.from({ length: 12 }, (_, i) => (i % 3 === centre ? 3 : 0) + 0.5 * random.normal());
  const examples = Array.from({ length: 60 }, (_, i) => ({ features: blob(i % 3), expert: i % 3 }));

  it('learns a handful of rows of each expert, and the same from the same', () => {
    const fitted = fitEmbedding(examples.slice(0, 15), 3);
    expect(fitEmbedding(examples.slice(0, 15), 3)).toEqual(fitted);
    const right = Array.from({ length: 90 }, (_, i) => dispatchByEmbedding(fitted, blob(i % 3)).expert === i % 3).filter(Boolean).length;
    expect(right).toBeGreaterThanOrEqual(80);
  });

  it('abstains where a question is unlike all that it has seen', () => {
    const fitted = fitEmbedding(examples, 3);
    const foreign = Float32Array.from({ length: 12 }, () => -12);
    const decision = dispatchByEmbedding(fitted, foreign);
    expect(decision.expert).toBeNull();
    expect(decision.confidence).toBe(decision.probabilities.at(-1));
    expect(decision.confidence).toBeGreaterThan(0.5);
    expect(decision.probabilities.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
    expect(fitEmbedding([...examples, ...Array.from({ length: 10 }, () => ({ features: foreign.map((value) => value / 3), expert: null }))], 3).farthest).toBeLessThanOrEqual(fitted.farthest);
  });

  it('needs an example of every expert', () => {
    expect(() => fitEmbedding(examples.filter(({ expert }) => expert !== 2), 3)).toThrow(/No example of expert 2/);
  });
});

const root = join(dirname(fileURLToPath(import.meta.url)), '../../../..');
const place = { folder: join(root, 'native-models/tiny-llama'), cacheRoot: mkdtempSync(join(tmpdir(), 'dispatch-')), device: 'cpu' } as const;
afterAll(() => rmSync(place.cacheRoot, { recursive: true }));

describe('on tiny-llama', { timeout: 60_000 }, () => {
  const models = new ModelStore(() => {});
  models.setThreads(1);
  const skills = ['math', 'code', 'reasoning'];
  const categories: Category[] = skills.map((name) => ({ name, description: '' }));
  const questions = (split: string, from: number, count: number) => skills.flatMap((skill, expert) =>
    readFileSync(join(root, `native-models/data/${skill}/${split}.jsonl`), 'utf8').split('\n').slice(from, from + count)
      .map((line) => ({ messages: [{ role: 'user' as const, content: (JSON.parse(line) as { prompt: string }).prompt }], expert })));
  const share = (decisions: readonly Decision[], asked: readonly { expert: number }[]): number => decisions.filter(({ expert }, i) => expert === asked[i].expert).length / asked.length;

  it('has no room for the long question, and tells the names apart by one token', async () => {
    await models.using(place, async (model) => {
      const { form, names } = classificationTask(model, categories);
      expect(form).toBe('short');
      expect(names.map(({ length }) => length)).toEqual([1, 1, 1, 1]);
    });
  });

  it('names of one token have the probabilities of whole answers', async () => {
    await models.using(place, async (model) => {
      const { prompt, names } = classificationTask(model, categories);
      const prompts = questions('test', 0, 2).map(({ messages }) => prompt(questionOf(messages)));
      const alone = probabilitiesOf(await nameLogProbs(model, prompts, names, { kind: 'base' }));
      // a fifth name of two tokens sends them the other way, by scores
      const among = probabilitiesOf((await nameLogProbs(model, prompts, [...names, [7, 8]], { kind: 'base' })).map((row) => row.slice(0, 4)));
      alone.forEach((row, i) => row.forEach((value, name) => expect(among[i][name]).toBeCloseTo(value, 4)));
    });
  });

  it('the hidden state finds the expert of held-out questions from five of each', async () => {
    await models.using(place, async (model) => {
      const fitted = await learnEmbedding(model, questions('train', 0, 5), 3);
      const asked = questions('test', 0, 40);
      expect(share(await dispatch(model, { kind: 'embedding', fitted }, asked.map(({ messages }) => messages)), asked)).toBeGreaterThan(0.9);
    });
  });

  it('a classification expert learns it from rewards', async () => {
    await models.using(place, async (model) => {
      const example = ({ messages, expert }: { messages: { content: string }[]; expert: number }) => ({ question: messages[0].content, expert });
      const classifier = await trainClassifier({
        model, categories, training: questions('train', 0, 60).map(example), validation: questions('validation', 0, 10).map(example),
        config: { ...quickClassifier, steps: 8, batchSize: 24, learningRate: 5e-2 }, signal: new AbortController().signal,
      });
      expect(classifier.accuracy).toBeGreaterThan(classifier.baseAccuracy + 0.2);
      const asked = questions('test', 0, 30);
      expect(share(await dispatch(model, { kind: 'classifier', categories, ...classifier }, asked.map(({ messages }) => messages)), asked)).toBeGreaterThan(0.5);
    });
  });
});
