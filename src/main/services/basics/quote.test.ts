import { expect, test } from 'vitest';
import { commandLine, withValues } from './quote.ts';

const command = (experts: string[]): string => commandLine('adapt', [['data', 'sums'], ...experts.map((name) => ['expert', name] as const), ['name', 'math']], 'linux');

test('a command that was written down takes other values of a flag, each in its place', () => {
  expect(withValues(command(['math', 'a, b', '-c']), 'expert', [['math', 'id-1'], ['a, b', 'a, b'], ['-c', 'id-3']], 'linux')).toBe(command(['id-1', 'a, b', 'id-3']));
});

test('names that were passed on are not taken for one another', () => {
  // the first is called as the second was, the second as the first
  expect(withValues(command(['one', 'two']), 'expert', [['one', 'two'], ['two', 'one']], 'linux')).toBe(command(['two', 'one']));
});

test('what is not in the command leaves it as it is', () => {
  expect(withValues(command(['one']), 'expert', [['other', 'id']], 'linux')).toBe(command(['one']));
});
