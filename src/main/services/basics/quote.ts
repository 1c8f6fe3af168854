/** A word that a shell takes as it is written, whatever is in it. */
export function shellQuote(word: string, platform: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  // PowerShell doubles a single quote; POSIX shells close, escape and open again
  return platform === 'win32' ? `'${word.replaceAll("'", "''")}'` : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** `npm run -s singular -- <command> --flag value …`; a value that looks like an option is bound to its flag by `=`. */
export function commandLine(command: string, options: readonly (readonly [flag: string, value: string | true])[], platform: string, operands: readonly string[] = []): string {
  return ['npm run -s singular --', command, ...operands.map((word) => shellQuote(word, platform)), ...options.map(([flag, value]) => optionWords(flag, value, platform))].join(' ');
}

export function optionWords(flag: string, value: string | true, platform: string): string {
  if (value === true) return `--${flag}`;
  return value.startsWith('-') ? `--${flag}=${shellQuote(value, platform)}` : `--${flag} ${shellQuote(value, platform)}`;
}

/** A command that was written down earlier, with other values of a flag; they are replaced in the order in which they stand in it. */
export function withValues(command: string, flag: string, values: readonly (readonly [before: string, now: string])[], platform: string): string {
  let [done, rest] = ['', command];
  for (const [before, now] of values) {
    const written = ` ${optionWords(flag, before, platform)}`;
    const at = rest.indexOf(written);
    if (at < 0) continue;
    done += `${rest.slice(0, at)} ${optionWords(flag, now, platform)}`;
    rest = rest.slice(at + written.length);
  }
  return done + rest;
}
