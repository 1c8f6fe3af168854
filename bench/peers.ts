/** The programs that are measured beside ours: installed only when asked for, run as processes of their own. */
import { execFileSync, spawn, type ChildProcessByStdio } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { root } from './models.ts';

const folder = join(root, 'bench/peers');
const python = process.env.SINGULAR_PYTHON ?? 'python3';

/** `npm run bench -- --peers` */
export function installPeers(): void {
  execFileSync('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts'], { stdio: 'inherit', shell: process.platform === 'win32' });
}

/** The version of an installed node-llama-cpp, or null. */
export function llamaVersion(): string | null {
  const manifest = join(folder, 'node_modules/node-llama-cpp/package.json');
  return existsSync(manifest) ? (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version : null;
}

/** The version of a Python package, or null where Python or the package is missing. */
export function pythonVersion(packageName: string): string | null {
  try {
    return execFileSync(python, ['-c', `import ${packageName}; print(${packageName}.__version__)`], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}

/** A peer answers each line of JSON with one line of JSON. */
export class Peer {
  private readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  private readonly lines: AsyncIterator<string>;
  private readonly name: string;
  private complaints = '';

  private constructor(command: string, commandArguments: readonly string[]) {
    this.name = `${command} ${commandArguments[0]}`;
    this.process = spawn(command, commandArguments, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.process.stderr.setEncoding('utf8').on('data', (text: string) => (this.complaints = (this.complaints + text).slice(-2000)));
    this.process.on('error', (error) => (this.complaints += error.message));
    this.process.stdin.on('error', () => {});
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }

  static node(program: string, ...rest: string[]): Peer {
    return new Peer(process.execPath, [join(folder, program), ...rest]);
  }
  static python(program: string, ...rest: string[]): Peer {
    return new Peer(python, [join(folder, program), ...rest]);
  }

  async ask<T>(request: unknown): Promise<T> {
    this.process.stdin.write(`${JSON.stringify(request)}\n`);
    const line = await this.lines.next();
    if (line.done) throw new Error(`${this.name} ended: ${this.complaints}`);
    return JSON.parse(line.value) as T;
  }

  close(): void {
    this.process.stdin.end();
  }
}
