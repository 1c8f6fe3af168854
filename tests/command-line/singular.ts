/** Runs the real command line in a process of its own, as a person does. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../../src/main/cli/main.ts', import.meta.url));

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
  /** the last line of standard output, parsed */
  result: () => Record<string, unknown>;
  /** every line but the last, parsed */
  progress: () => Record<string, unknown>[];
}

export const singular = (...words: string[]): Promise<Ran> => ran(words);

/** The same, sent a signal when a line of standard output first holds `text`. */
export const disturbed = (signal: NodeJS.Signals, text: string, ...words: string[]): Promise<Ran> => ran(words, { signal, text });

function ran(words: string[], disturbance?: { signal: NodeJS.Signals; text: string }): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry, ...words]);
    let stdout = '';
    let stderr = '';
    let sent = false;
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (sent || disturbance === undefined || !stdout.includes(disturbance.text)) return;
      sent = true;
      child.kill(disturbance.signal);
    });
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      const lines = (): Record<string, unknown>[] => stdout.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
      resolve({ code, stdout, stderr, result: () => lines().at(-1) ?? {}, progress: () => lines().slice(0, -1) });
    });
  });
}
