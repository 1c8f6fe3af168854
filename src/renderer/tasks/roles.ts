/** Which column plays which role, for each way of reading rows. */
import type { ColumnMapping } from '../../shared/contract.ts';

export type Role = Exclude<keyof ColumnMapping, 'kind' | 'template'>;
export interface RoleField { role: Role; label: string; hint: string; required: boolean }

const prompt = (label: string, hint: string): RoleField => ({ role: 'prompt', label, hint, required: true });
const answer = (required: boolean): RoleField => ({ role: 'answer', label: 'Reference answer', hint: 'What graders compare with.', required });
const system: RoleField = { role: 'system', label: 'System prompt', hint: 'Put before each prompt.', required: false };

export const kinds: Record<ColumnMapping['kind'], { label: string; roles: readonly RoleField[] }> = {
  'prompt-answer': { label: 'prompt and answer', roles: [prompt('Prompt', 'What the model is asked.'), answer(true), system] },
  messages: { label: 'chat messages', roles: [prompt('Message list', 'Roles and contents; the last assistant message is the reference.'), answer(false), system] },
  sharegpt: { label: 'ShareGPT conversations', roles: [prompt('Conversation', 'A list of from and value.'), answer(false), system] },
  alpaca: { label: 'Alpaca', roles: [prompt('Instruction', 'What the model is asked.'), { role: 'input', label: 'Input', hint: 'Added below the instruction where it is not empty.', required: false }, answer(true), system] },
  choices: {
    label: 'multiple choice',
    roles: [prompt('Question', 'What the model is asked.'), { role: 'choices', label: 'Options', hint: 'The texts to choose from.', required: true }, { role: 'labels', label: 'Letters', hint: 'One for each option; A, B, C… without.', required: false }, answer(true), system],
  },
  'code-tests': { label: 'code with tests', roles: [prompt('Task', 'What the code should do.'), { role: 'tests', label: 'Tests', hint: 'Python that fails when the answer is wrong.', required: true }, answer(false), system] },
  'prompt-only': { label: 'prompt only', roles: [prompt('Prompt', 'What the model is asked; the grader looks at the answer alone.'), system] },
};

/** A conversation is asked as it stands; every other way has a prompt that a template can surround. */
export const hasTemplate = (kind: ColumnMapping['kind']): boolean => kind !== 'messages' && kind !== 'sharegpt';

/** The mapping with another template; an empty one is none. */
export function withTemplate({ template: _before, ...mapping }: ColumnMapping, template: string): ColumnMapping {
  return { ...mapping, ...(template !== '' && { template }) };
}

/** The mapping read another way: roles that the new way does not have are dropped. */
export function asKind(mapping: ColumnMapping, kind: ColumnMapping['kind']): ColumnMapping {
  const next: ColumnMapping = { kind, prompt: mapping.prompt, ...(mapping.template !== undefined && hasTemplate(kind) && { template: mapping.template }) };
  for (const { role } of kinds[kind].roles) {
    const column = mapping[role];
    if (column !== undefined) next[role] = column;
  }
  return next;
}

/** The mapping with one role on another column; an empty column clears an optional role. */
export function withRole(mapping: ColumnMapping, role: Role, column: string): ColumnMapping {
  const next: ColumnMapping = { ...mapping };
  if (role === 'prompt') next.prompt = column;
  else if (column === '') delete next[role];
  else next[role] = column;
  return next;
}
