/** Which expert a question is for: the parts without a model, and all three ways on tiny-llama's own questions. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { Category, Decision } from '../../../shared/adaptation.ts';
import { ModelStore } from '../../host/model-store.ts';
import { Random } from '../../runtime/random.ts';
import { beginningOf } from '../../runtime/continuation.ts';
import { logProbsOf } from '../../runtime/score.ts';
import { choiceAdvantages, quickClassifier, trainClassifier } from './classifier.ts';
import { dispatchByEmbedding, fitEmbedding } from './embedding.ts';
import { dispatch, learnEmbedding, questionOf } from './index.ts';
import { constrained, distinguishing, habitOf, nameLogProbs, probabilitiesOf } from './labels.ts';
import { classificationTask, decide, dispatchByPrompt } from './prompt.ts';
import { classificationQuestion, noneOf } from './question.ts';

describe('names as answers', () => {
  it('count as far as they must to be told apart', () => {
    expect(distinguishing([[1, 2], [3, 4], [5]])).toEqual([[1], [3], [5]]);
    expect(distinguishing([[1, 2, 9], [1, 3, 9], [5, 5]])).toEqual([[1, 2], [1, 3], [5]]);
    // one name begins another: it keeps all that it has
    expect(distinguishing([[1, 2], [1, 2, 3], [4]])).toEqual([[1, 2], [1, 2, 3], [4]]);
    // that the answer ends there tells the shorter one from the longer
    expect(distinguishing([[1, 2], [1, 2, 3], [4]], 0)).toEqual([[1, 2, 0], [1, 2, 3], [4]]);
  });

  it('share out one whole where nothing else can be said, and a long name loses nothing by what only it could say', () => {
    const names = [[1, 2, 0], [1, 2, 3], [4]];
    const shares = constrained(names, [[-1, -9, -2], [-1, -9, -3], [-1]]).map(Math.exp);
    const first = 1 / (1 + Math.exp(-1));
    expect(shares[0]).toBeCloseTo(0.5 * first, 12);
    expect(shares[1]).toBeCloseTo(0.5 * (1 - first), 12);
    expect(shares[2]).toBeCloseTo(0.5, 12);
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

describe('the reward of a choice', () => {
  it('is standardised over the names as they are drawn', () => {
    for (const probabilities of [[0.2, 0.5, 0.3], [0.98, 0.01, 0.01]]) {
      for (const right of [0, 1, 2]) {
        const advantages = choiceAdvantages(probabilities, right);
        const expected = (of: (advantage: number) => number): number => probabilities.reduce((sum, p, name) => sum + p * of(advantages[name]), 0);
        expect(expected((a) => a)).toBeCloseTo(0, 9);
        expect(expected((a) => a * a)).toBeCloseTo(1, 9);
        expect(advantages.indexOf(Math.max(...advantages))).toBe(right);
      }
    }
  });

  it('makes a name that is hardly ever said weigh √p, and stays finite where it is never said', () => {
    const weight = (p: number): number => p * choiceAdvantages([p, 1 - p], 0)[0];
    expect(weight(1e-4) / weight(1e-2)).toBeCloseTo(0.1, 2);
    for (const p of [0, 1]) expect([...choiceAdvantages([p, 1 - p], 0), ...choiceAdvantages([p, 1 - p], 1)].every(Number.isFinite)).toBe(true);
  });
});

describe('the question about a question', () => {
  it('names every category and `others`, with the experts’ descriptions', () => {
    const { messages: [{ content }], lead } = classificationQuestion('2+2?', [{ name: 'sums', description: 'adding numbers' }, { name: 'verse', description: '' }], 'paper');
    expect(content).toContain("'sums', 'verse', 'others'");
    // an expert may bear the paper's word for none of them
    expect(noneOf([{ name: 'Others' }, { name: 'verse' }])).toBe('none of these');
    expect(classificationQuestion('What?', [{ name: 'others', description: '' }], 'short').messages[0].content).toContain('others, none of these?');
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
  });

  it('leaves to the base what is like the examples of no expert, and decides for the largest share', () => {
    const none = (): Float32Array => blob(0).map((value, i) => (i % 2 === 0 ? value : -value));
    const fitted = fitEmbedding([...examples, ...Array.from({ length: 10 }, () => ({ features: none(), expert: null }))], 3);
    const without = fitEmbedding(examples, 3);
    expect(Array.from({ length: 20 }, () => dispatchByEmbedding(fitted, none()).expert)).toEqual(new Array(20).fill(null));
    for (let i = 0; i < 60; i++) {
      for (const dispatcher of [fitted, without]) {
        const { expert, confidence, probabilities } = dispatchByEmbedding(dispatcher, i % 2 === 0 ? blob(i % 3) : none());
        expect(probabilities.indexOf(Math.max(...probabilities))).toBe(expert ?? 3);
        expect(confidence).toBe(Math.max(...probabilities));
      }
    }
  });

  it('needs an example of every expert', () => {
    expect(() => fitEmbedding(examples.filter(({ expert }) => expert !== 2), 3)).toThrow(/No example of expert 2/);
  });
});

const root = join(dirname(fileURLToPath(import.meta.url)), '../../../..');
const place = { folder: join(root, 'native-models/tiny-llama'), cacheRoot: mkdtempSync(join(tmpdir(), 'dispatch-')), device: 'cpu' } as const;
afterAll(() => rmSync(place.cacheRoot, { recursive: true }));

describe('on tiny-llama', () => {
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

  it('asks the same beginning of every question, and that is most of what it adds to one', async () => {
    await models.using(place, async (model) => {
      const { prompt, beginning } = classificationTask(model, categories);
      for (const { messages } of questions('test', 0, 5)) {
        const ids = prompt(questionOf(messages));
        expect(ids.slice(0, beginning.length)).toEqual(beginning);
        expect(ids.length - beginning.length - model.tokenizer.promptIds(messages, false).ids.length).toBeLessThan(4);
      }
      expect(beginning.length).toBeGreaterThan(10);
    });
  });

  it('compares names of one and of several tokens as whole answers', async () => {
    await models.using(place, async (model) => {
      const { prompt, beginning, names } = classificationTask(model, categories);
      const prompts = questions('test', 0, 2).map(({ messages }) => prompt(questionOf(messages)));
      const all = [...names, [7, 8], [7, 9], [10, 11, 12]];
      const found = await nameLogProbs(model, await beginningOf(model, beginning, { kind: 'base' }), prompts, all, { kind: 'base' });
      for (const [i, ids] of prompts.entries()) {
        for (const [name, answer] of all.entries()) {
          const whole = await logProbsOf(model, [{ prompt: ids, answer }], { kind: 'base' });
          expect(found[i][name]).toBeCloseTo(whole.reduce((sum, value) => sum + value, 0), 3);
        }
      }
    });
  });

  it('decides the same one by one, as a batch and again, each by its own expert, whatever was asked before', async () => {
    await models.using(place, async (model) => {
      const asked = questions('test', 0, 4).map(({ messages }) => questionOf(messages));
      const zs = Array.from({ length: 5 }, (_, i) => Object.fromEntries(model.checkpoint.matrices.map(({ name, rank }) => [name, new Float32Array(rank).fill(1 + 0.02 * (i + 1))])));
      const { prompt, names } = classificationTask(model, categories);
      const none = await beginningOf(model, [], { kind: 'base' });
      const expected = await Promise.all(zs.map(async (z) => probabilitiesOf(await nameLogProbs(model, none, asked.map(prompt), names, { kind: 'shared', z }))));
      // more experts than are kept, one of them when it was forgotten and one when it was not
      for (const i of [0, 1, 2, 3, 4, 0, 4]) {
        // as it comes over the wire: the same numbers, another object
        const z = structuredClone(zs[i]);
        const batch = await dispatchByPrompt(model, asked, categories, { z });
        batch.forEach(({ probabilities }, question) => probabilities.forEach((value, name) => expect(value).toBeCloseTo(expected[i][question][name], 4)));
        const [alone] = await dispatchByPrompt(model, [asked[1]], categories, { z });
        alone.probabilities.forEach((value, name) => expect(value).toBeCloseTo(expected[i][1][name], 4));
      }
    });
  });

  it('the hidden state finds the expert of held-out questions from five of each', async () => {
    await models.using(place, async (model) => {
      const fitted = await learnEmbedding(model, questions('train', 0, 5), 3);
      const asked = questions('test', 0, 40);
      expect(share(await dispatch(model, { kind: 'embedding', fitted }, asked.map(({ messages }) => messages)), asked)).toBeGreaterThan(0.9);
    });
  });

  it('a classification expert learns it from rewards, `others` too', async () => {
    await models.using(place, async (model) => {
      const two = categories.slice(0, 2);
      // the third skill has no expert
      const example = ({ messages, expert }: { messages: { content: string }[]; expert: number }) => ({ question: messages[0].content, expert: expert === 2 ? null : expert });
      const classifier = await trainClassifier({
        model, categories: two, training: questions('train', 0, 60).map(example), validation: questions('validation', 0, 10).map(example),
        config: { ...quickClassifier, steps: 12, batchSize: 32 }, signal: new AbortController().signal,
      });
      expect(classifier.baseAccuracy).toBeLessThan(0.7);
      expect(classifier.accuracy).toBeGreaterThan(0.9);
      const asked = questions('test', 0, 30);
      const decisions = await dispatch(model, { kind: 'classifier', categories: two, ...classifier }, asked.map(({ messages }) => messages));
      expect(decisions.filter(({ expert }, i) => (expert ?? 2) === asked[i].expert).length / asked.length).toBeGreaterThan(0.9);
    });
  });
});
