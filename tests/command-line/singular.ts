/** Runs the real command line in a process of its own, as a person does. */
import { spawn, type ChildProcess } from 'node:child_process';
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
export const disturbed = (signal: NodeJS.Signals, text: string, ...words: string[]): Promise<Ran> => ran(words, { text, act: (child) => void child.kill(signal) });

/** The same, with another command run beside it from then on: first its outcome, then that of the other one. */
export async function besides(other: readonly string[], text: string, ...words: string[]): Promise<[Ran, Ran]> {
  let beside: Promise<Ran> | undefined;
  const first = await ran(words, { text, act: () => void (beside = singular(...other)) });
  if (!beside) throw new Error(`No line of the command held ${text}:\n${first.stdout}${first.stderr}`);
  return [first, await beside];
}

function ran(words: string[], disturbance?: { text: string; act: (child: ChildProcess) => void }): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry, ...words]);
    let stdout = '';
    let stderr = '';
    let sent = false;
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (sent || disturbance === undefined || !stdout.includes(disturbance.text)) return;
      sent = true;
      disturbance.act(child);
    });
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      const lines = (): Record<string, unknown>[] => stdout.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
      resolve({ code, stdout, stderr, result: () => lines().at(-1) ?? {}, progress: () => lines().slice(0, -1) });
    });
  });
}
