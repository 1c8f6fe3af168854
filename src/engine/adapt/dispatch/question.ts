/**
 * The question that the model is asked about a question: which expert should answer it. The paper's own prompt
 * (arXiv 2501.06252, appendix) with the categories made from the experts at hand, and a short one for models whose
 * context or vocabulary has no room for it.
 */
import type { Category } from '../../../shared/adaptation.ts';
import type { ChatMessage } from '../../../shared/contract.ts';

/** What no expert is for, answered by the base: the paper's word, or another where an expert bears that name. */
export function noneOf(categories: readonly Pick<Category, 'name'>[]): string {
  const taken = new Set(categories.map(({ name }) => name.trim().toLowerCase()));
  const words = ['others', 'none of these', 'something else'];
  return words.find((word) => !taken.has(word)) ?? `${words[0]} ${categories.length + 1}`;
}

export type QuestionForm = 'paper' | 'short';

const quoted = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');

/** `lead` opens the answer; a category's name follows it. */
export function classificationQuestion(question: string, categories: readonly Category[], form: QuestionForm): { messages: ChatMessage[]; lead: string } {
  const none = noneOf(categories);
  const names = [...categories.map(({ name }) => name), none];
  if (form === 'short') return { messages: [{ role: 'user', content: `${names.join(', ')}?\n${question}` }], lead: '' };
  const guidelines = [...categories, { name: none, description: 'anything that fits none of the above' }].map(({ name, description }, i) => `${i + 1}. ${name}: ${description || `questions for the expert “${name}”`}`);
  const content = [
    `Analyze the given question and classify it into one of the following categories: ${quoted(names)}. Follow these guidelines:`,
    '',
    ...guidelines,
    '',
    'Instructions:',
    '- Consider the primary focus, skills, and knowledge required to answer the question.',
    '- If a question spans multiple categories, choose the most dominant one.',
    `- Provide your final classification within \\boxed{} notation. Example: \\boxed{${names[0]}}`,
    '',
    'Format your response as follows:',
    'Classification: \\boxed{category}',
    '',
    `Question: ${question}`,
  ].join('\n');
  return { messages: [{ role: 'user', content }], lead: 'Classification: \\boxed{' };
}
