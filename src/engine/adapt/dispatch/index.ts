/** The first pass over a batch of questions, whichever way the dispatcher goes. */
import type { Decision, DispatcherState } from '../../../shared/adaptation.ts';
import type { ChatMessage } from '../../../shared/contract.ts';
import type { LoadedModel } from '../../runtime/loaded-model.ts';
import { dispatchByEmbedding, fitEmbedding, pooledHidden } from './embedding.ts';
import { dispatchByPrompt } from './prompt.ts';

export { quickClassifier, trainClassifier } from './classifier.ts';

/** What a person asked last: the text that is classified. */
export const questionOf = (messages: readonly ChatMessage[]): string => messages.findLast(({ role }) => role === 'user')?.content ?? '';

const promptIds = (model: LoadedModel, questions: readonly (readonly ChatMessage[])[]): number[][] => questions.map((messages) => model.tokenizer.promptIds(messages, false).ids);

export async function dispatch(model: LoadedModel, dispatcher: DispatcherState, questions: readonly (readonly ChatMessage[])[]): Promise<Decision[]> {
  if (dispatcher.kind === 'embedding') {
    const features = await pooledHidden(model, promptIds(model, questions));
    return features.map((of) => dispatchByEmbedding(dispatcher.fitted, of));
  }
  const { categories } = dispatcher;
  return dispatchByPrompt(model, questions.map(questionOf), categories, dispatcher.kind === 'classifier' ? dispatcher : {});
}

/** Learns a library at once: one forward pass over the examples, and a fit of a moment. */
export async function learnEmbedding(model: LoadedModel, examples: readonly { messages: readonly ChatMessage[]; expert: number | null }[], classes: number): Promise<ReturnType<typeof fitEmbedding>> {
  const features = await pooledHidden(model, promptIds(model, examples.map(({ messages }) => messages)));
  return fitEmbedding(examples.map(({ expert }, i) => ({ features: features[i], expert })), classes);
}
