import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { calls } from '../../shared/contract.ts';

/** What the window calls and no command does, and why not. */
const leftOut: Partial<Record<keyof typeof calls, string>> = {
  'datasets.previewFile': 'a file is shown once it is stored: `datasets add`, `datasets show`',
  'mixes.command': 'says the command line of a mix',
  'desk.answer': 'answers side by side are two commands: `generate` with a mix and without, or `answer`',
  'desk.cancel': 'Ctrl-C',
};

test('all that the window can do, a command can do', () => {
  const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  const named = new Set(sources.flatMap((name) => Array.from(readFileSync(join(import.meta.dirname, name), 'utf8').matchAll(/'([a-z]+\.[a-zA-Z]+)'/g), (match) => match[1])));
  expect(Object.keys(calls).filter((name) => !named.has(name)).toSorted()).toEqual(Object.keys(leftOut).toSorted());
});
