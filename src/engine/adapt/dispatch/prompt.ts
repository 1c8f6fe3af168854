/**
 * First pass by the model itself (arXiv 2501.06252, section 3.2, strategies 1 and 2): it is asked which expert a
 * question is for, and can only answer with one of their names or `others`, which is the base. With the z of a
 * classification expert the same question is answered by that expert.
 */
import type { Category, Decision } from '../../../shared/adaptation.ts';
import type { ZVectors } from '../../../shared/matrices.ts';
import type { LoadedModel } from '../../runtime/loaded-model.ts';
import { distinguishing, nameLogProbs, probabilitiesOf } from './labels.ts';
import { classificationQuestion, others, type QuestionForm } from './question.ts';

export const decide = (probabilities: readonly number[]): Decision => {
  const best = probabilities.indexOf(Math.max(...probabilities));
  return { expert: best === probabilities.length - 1 ? null : best, confidence: probabilities[best], probabilities: [...probabilities] };
};

/** Tokens of the question about a question, and of the names that can answer it. */
export function classificationTask(model: LoadedModel, categories: readonly Category[]): { form: QuestionForm; prompt: (question: string) => number[]; names: number[][] } {
  const { tokenizer, config } = model;
  const promptIn = (form: QuestionForm) => (question: string): number[] => {
    const { messages, lead } = classificationQuestion(question, categories, form);
    return [...tokenizer.promptIds(messages, false).ids, ...(lead === '' ? [] : tokenizer.encode(lead, { addSpecialTokens: false }))];
  };
  // half of the context is left to the question
  const form: QuestionForm = promptIn('paper')('').length <= config.maxPositions / 2 ? 'paper' : 'short';
  const names = [...categories.map(({ name }) => name), others].map((name) => tokenizer.encode(name, { addSpecialTokens: false }));
  return { form, prompt: promptIn(form), names: distinguishing(names) };
}

/** @param habit of a classification expert's training; without it, names are compared as they are */
export async function dispatchByPrompt(model: LoadedModel, questions: readonly string[], categories: readonly Category[], { z = {}, habit }: { z?: ZVectors; habit?: readonly number[] } = {}): Promise<Decision[]> {
  const { prompt, names } = classificationTask(model, categories);
  const logProbs = await nameLogProbs(model, questions.map(prompt), names, Object.keys(z).length === 0 ? { kind: 'base' } : { kind: 'shared', z });
  return probabilitiesOf(logProbs, habit).map(decide);
}
