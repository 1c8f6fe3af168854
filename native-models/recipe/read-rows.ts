import { readFileSync } from 'node:fs';

/** Rows of one of our own JSON-lines files. */
export const readRows = (path: string): Record<string, unknown>[] =>
  readFileSync(path, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);
