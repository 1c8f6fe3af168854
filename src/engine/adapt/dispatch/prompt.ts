/**
 * First pass by the model itself (arXiv 2501.06252, section 3.2, strategies 1 and 2): it is asked which expert a
 * question is for, and can only answer with one of their names or `others`, which is the base. With the z of a
 * classification expert the same question is answered by that expert.
 */
import type { Category, Decision } from '../../../shared/adaptation.ts';
import type { ZVectors } from '../../../shared/matrices.ts';
import { beginningOf, type Beginning } from '../../runtime/continuation.ts';
import type { Adaptation, LoadedModel } from '../../runtime/loaded-model.ts';
import { constrained, distinguishing, nameLogProbs, nameTokenLogProbs, probabilitiesOf } from './labels.ts';
import { classificationQuestion, noneOf, type QuestionForm } from './question.ts';

export const decide = (probabilities: readonly number[]): Decision => {
  const best = probabilities.indexOf(Math.max(...probabilities));
  return { expert: best === probabilities.length - 1 ? null : best, confidence: probabilities[best], probabilities: [...probabilities] };
};

export interface ClassificationTask {
  form: QuestionForm;
  /** tokens of the question about a question */
  prompt: (question: string) => number[];
  /** what these tokens begin with, whatever the question */
  beginning: number[];
  /** tokens of the answers: each category's name, and that of none of them */
  names: number[][];
}

export function classificationTask({ tokenizer, config }: LoadedModel, categories: readonly Category[]): ClassificationTask {
  const promptIn = (form: QuestionForm) => (question: string): number[] => {
    const { messages, lead } = classificationQuestion(question, categories, form);
    return [...tokenizer.promptIds(messages, false).ids, ...(lead === '' ? [] : tokenizer.encode(lead, { addSpecialTokens: false }))];
  };
  // half of the context is left to the question
  const form: QuestionForm = promptIn('paper')('').length <= config.maxPositions / 2 ? 'paper' : 'short';
  const prompt = promptIn(form);
  const [one, other] = [prompt('What?'), prompt('17')];
  const tokens = (text: string): number[] => tokenizer.encode(text, { addSpecialTokens: false });
  const names = [...categories.map(({ name }) => name), noneOf(categories)].map(tokens);
  const end = form === 'paper' ? tokens('}').at(0) : tokenizer.eosTokenIds.at(0);
  return { form, prompt, beginning: one.slice(0, one.findIndex((token, i) => token !== other[i])), names: distinguishing(names, end) };
}

/** What stays from one question to the next, so that a first pass costs no more than the question itself. */
interface Asked {
  categories: string;
  z: ZVectors;
  task: ClassificationTask;
  adaptation: Adaptation;
  beginning: Beginning;
}

/** Of one model: the prompt and the classification expert of its library, and those of the library before. */
const mostKept = 4;
const kept = new WeakMap<LoadedModel, Asked[]>();
let classifiers = 0;

async function asked(model: LoadedModel, categories: readonly Category[], z: ZVectors): Promise<Asked> {
  const key = JSON.stringify(categories);
  const found = kept.get(model)?.find((one) => one.categories === key && sameZ(one.z, z));
  if (found) return found;
  const task = classificationTask(model, categories);
  const one: Asked = { categories: key, z, task, ...(await adapted(model, task.beginning, z)) };
  const all = [one, ...(kept.get(model) ?? [])];
  kept.set(model, all.slice(0, mostKept));
  for (const { adaptation } of all.slice(mostKept)) if (adaptation.kind === 'fixed') await model.forget(adaptation.name);
  return one;
}

/** A small model's weights are formed from z once and stay in its graph; a large one, of which a copy would cost, goes through its factors. */
async function adapted(model: LoadedModel, beginning: readonly number[], z: ZVectors): Promise<Pick<Asked, 'adaptation' | 'beginning'>> {
  const weights = Object.keys(z).length > 0 && model.prepacked ? await model.merge(z) : null;
  const once: Adaptation = Object.keys(z).length === 0 ? { kind: 'base' } : weights ? { kind: 'merged', weights } : { kind: 'shared', z };
  return { beginning: await beginningOf(model, beginning, once), adaptation: weights ? { kind: 'fixed', name: `classifier ${++classifiers}`, weights } : once };
}

function sameZ(a: ZVectors, b: ZVectors): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => name in b && bytes(a[name]).equals(bytes(b[name])));
}

const bytes = ({ buffer, byteOffset, byteLength }: Float32Array): Buffer => Buffer.from(buffer, byteOffset, byteLength);

/** @param habit of a classification expert's training, which compares whole names less their habit; without it, the model says one of the names and nothing else */
export async function dispatchByPrompt(model: LoadedModel, questions: readonly string[], categories: readonly Category[], { z = {}, habit }: { z?: ZVectors; habit?: readonly number[] } = {}): Promise<Decision[]> {
  const { task, adaptation, beginning } = await asked(model, categories, z);
  const prompts = questions.map(task.prompt);
  const logProbs = habit ? await nameLogProbs(model, beginning, prompts, task.names, adaptation)
    : (await nameTokenLogProbs(model, beginning, prompts, task.names, adaptation)).map((tokens) => constrained(task.names, tokens));
  return probabilitiesOf(logProbs, habit).map(decide);
}
