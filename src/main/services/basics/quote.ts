/** A word that a shell takes as it is written, whatever is in it. */
export function shellQuote(word: string, platform: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  // PowerShell doubles a single quote; POSIX shells close, escape and open again
  return platform === 'win32' ? `'${word.replaceAll("'", "''")}'` : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** `npm run -s singular -- <command> --flag value …`; a value that looks like an option is bound to its flag by `=`. */
export function commandLine(command: string, options: readonly (readonly [flag: string, value: string | true])[], platform: string, operands: readonly string[] = []): string {
  const words = options.map(([flag, value]) => {
    if (value === true) return `--${flag}`;
    return value.startsWith('-') ? `--${flag}=${shellQuote(value, platform)}` : `--${flag} ${shellQuote(value, platform)}`;
  });
  return ['npm run -s singular --', command, ...operands.map((word) => shellQuote(word, platform)), ...words].join(' ');
}
