/** Parses a call's input at the door. What is wrong is said in one plain sentence that names the field. */
import type { z } from 'zod';
import { calls, type CallName, type CallParsed } from '../../shared/contract.ts';
import { SingularError } from '../../shared/errors.ts';

const typeNames: Record<string, string> = { string: 'text', int: 'a whole number', number: 'a number', array: 'a list', object: 'a group of fields', record: 'a group of fields', boolean: 'true or false' };

function sentence(issue: z.core.$ZodIssue): string {
  const field = issue.path.map(String).join('.') || 'input';
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? `“${field}” is missing.` : `“${field}” must be ${typeNames[issue.expected] ?? issue.expected}.`;
    case 'too_small': {
      if (issue.origin === 'string') return `“${field}” must not be empty.`;
      if (issue.origin === 'array') return `“${field}” needs at least ${issue.minimum} ${Number(issue.minimum) === 1 ? 'entry' : 'entries'}.`;
      return `“${field}” must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}.`;
    }
    case 'too_big': {
      if (issue.origin === 'string') return `“${field}” is longer than ${issue.maximum} characters.`;
      if (issue.origin === 'array') return `“${field}” has more than ${issue.maximum} entries.`;
      return `“${field}” must be ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}.`;
    }
    case 'invalid_value':
      return `“${field}” must be one of: ${issue.values.map(String).join(', ')}.`;
    case 'unrecognized_keys':
      return `${issue.keys.map((key) => `“${key}”`).join(', ')} ${issue.keys.length === 1 ? 'is not a setting' : 'are not settings'}${issue.path.length > 0 ? ` of “${field}”` : ''}.`;
    case 'invalid_union':
      return `“${field}” has none of the allowed forms.`;
    default:
      return /^[A-Z].*\.$/.test(issue.message) ? issue.message : `“${field}” cannot be used: ${issue.message}.`;
  }
}

export function isCallName(name: string): name is CallName {
  return Object.hasOwn(calls, name);
}

/** Throws `bad-input`. */
export function parseInput<N extends CallName>(name: N, rawInput: unknown): CallParsed<N> {
  const parsed = calls[name].input.safeParse(rawInput ?? {}, { reportInput: true });
  if (parsed.success) return parsed.data as CallParsed<N>;
  const first = parsed.error.issues[0];
  throw new SingularError('bad-input', first ? sentence(first) : 'The input cannot be used.');
}
