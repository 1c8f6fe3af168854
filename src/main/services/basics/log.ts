/**
 * A small rotating local log of what went wrong. It never holds contents: what people wrote or dropped may be quoted
 * in an error's message, so quoted text is cut out before a line is written. Nothing is ever sent.
 */
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';
import { SingularError } from '../../../shared/errors.ts';

export interface LogEntry { at: number; level: 'info' | 'warning' | 'error'; where: string; code?: string; text: string }

const remembered = 50;

/** Without quoted text, the person's folder names, and anything after the first line of a message. */
export function withoutContents(text: string): string {
  const [firstLine = ''] = text.split('\n', 1);
  return firstLine
    .replaceAll(/“[^”]*”|"[^"]*"|'[^']*'|`[^`]*`/g, '“…”')
    .replaceAll(homedir(), '~')
    .slice(0, 400);
}

export class LocalLog {
  readonly #recent: LogEntry[] = [];
  readonly #clock: () => number;
  readonly #folder: string;
  #stream: RotatingFileStream | undefined;
  #closed = false;

  constructor(folder: string, clock: () => number) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /** An expected error (it has a code) is recorded by code alone; a bug with its stack's frames. */
  error(where: string, error: unknown): void {
    if (error instanceof SingularError) {
      this.#write({ level: error.code === 'internal' ? 'error' : 'warning', where, code: error.code, text: error.code === 'engine-died' ? withoutContents(error.message) : '' });
      return;
    }
    const stack = error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)).slice(0, 6).map((line) => line.trim().replaceAll(homedir(), '~')) : [];
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    this.#write({ level: 'error', where, code: 'internal', text: [withoutContents(message), ...stack].join(' | ') });
  }

  info(where: string, text: string): void {
    this.#write({ level: 'info', where, text: withoutContents(text) });
  }

  recent(): readonly LogEntry[] {
    return this.#recent;
  }

  close(): Promise<void> {
    const stream = this.#stream;
    this.#closed = true;
    this.#stream = undefined;
    return stream ? new Promise((resolve) => stream.end(() => resolve())) : Promise.resolve();
  }

  #write(entry: Omit<LogEntry, 'at'>): void {
    const full = { at: this.#clock(), ...entry };
    this.#recent.push(full);
    if (this.#recent.length > remembered) this.#recent.shift();
    this.#open()?.write(`${logLine(full)}\n`);
  }

  #open(): RotatingFileStream | undefined {
    if (this.#stream || this.#closed) return this.#stream;
    try {
      mkdirSync(this.#folder, { recursive: true });
      this.#stream = createStream('singular.log', { path: this.#folder, size: '512K', maxFiles: 4 });
      // a full or read-only disk must not take the application with it
      this.#stream.on('error', () => (this.#stream = undefined));
    } catch {
      return undefined;
    }
    return this.#stream;
  }
}

export function logLine(entry: LogEntry): string {
  return `${new Date(entry.at).toISOString()} ${entry.level} ${entry.where}${entry.code ? ` [${entry.code}]` : ''}${entry.text ? ` ${entry.text}` : ''}`;
}
