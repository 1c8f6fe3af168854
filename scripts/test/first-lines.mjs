import { stripVTControlCharacters } from 'node:util';

/** What an error says, short enough for a line of the summary. */
export function firstLines(message) {
  const lines = stripVTControlCharacters(String(message ?? 'no message')).split('\n').map((line) => line.trim()).filter(Boolean);
  return lines.slice(0, 6).join(' | ').slice(0, 500);
}
