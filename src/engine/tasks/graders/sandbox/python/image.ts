/**
 * Python's memory behind its start and the imports of its library: sandboxes that begin with it are there in 1.1 s in
 * place of 2.9 (two side by side on two cores). It is made by a process that runs nothing else; in a clone it is kept
 * beside the packages that it is made of, else for as long as this process runs.
 */
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SingularError } from '../../../../../shared/errors.ts';
import { bareEnvironment, confined, lastWords } from '../process.ts';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Asked for when Python is wanted: where Pyodide is missing, all else still works. */
export const pyodideFolder = (): string => dirname(createRequire(import.meta.url).resolve('pyodide/package.json'));
/** This folder's files that start Python. */
export const starters = [here('./pyodide.ts'), here('./imports.ts')];
const script = here('./image-child.ts');
/** This folder's Python, as one text. */
export const pythonSource = (...names: readonly string[]): string => names.map((name) => readFileSync(here(`./${name}.py`), 'utf8')).join('\n\n');

/** by the clock */
const longestMs = 120_000;
/** bytes, compressed */
const largest = 64 * 1024 * 1024;
const digestBytes = 32;
const digest = (...texts: readonly (string | Uint8Array)[]): Buffer => texts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();

/** What of Pyodide's folder Python is made of. */
const parts = ['pyodide.asm.wasm', 'pyodide.asm.mjs', 'pyodide.mjs', 'python_stdlib.zip'];
/** Former images of a folder, and what was left unfinished, are removed once they are so old: until then another process may be at work on them. */
const staleMs = 24 * 3600 * 1000;
/** In a clone images lie beside its packages; an installed application may not write to itself. */
function cacheFolder(): string | null {
  const packages = dirname(pyodideFolder());
  return existsSync(join(packages, '..', 'package-lock.json')) ? join(packages, '.cache', 'singular') : null;
}

let image: Promise<string> | undefined;
/** what `image` came to */
let known: string | undefined;

/** As base64; `bad`: one that did not serve, in place of which another is made. Errors: `unavailable`, with what the process said; the next call tries again. */
export function pythonImage(bad?: string): Promise<string> {
  // of several that met a bad one, the first has it made anew
  if (bad !== undefined && bad === known) image = known = undefined;
  image ??= remembered(currentImage(bad).then((bytes) => bytes.toString('base64')));
  return image;
}

async function currentImage(bad?: string): Promise<Buffer> {
  const folder = cacheFolder();
  return folder === null ? makeImage() : keptImage(folder, bad);
}

function remembered(asked: Promise<string>): Promise<string> {
  asked.then((text) => {
    if (image === asked) known = text;
  }, () => {
    if (image === asked) image = undefined;
  });
  return asked;
}

/** The image of a folder, made where there is none, where it is not whole, or where it is the one that is no good (base64). */
export async function keptImage(folder: string, bad?: string): Promise<Buffer> {
  const pyodide = pyodideFolder();
  const sizes = parts.map((name) => statSync(join(pyodide, name)).size).join();
  const made = digest(process.version, process.platform, process.arch, sizes, readFileSync(join(pyodide, 'package.json')), pythonSource('library'), ...[...starters, script].map((file) => readFileSync(file))).toString('hex');
  const file = join(folder, `python-${made.slice(0, 16)}.image`);
  const kept = await readFile(file).catch(() => null);
  const bytes = kept?.subarray(digestBytes);
  if (kept && bytes && digest(bytes).equals(kept.subarray(0, digestBytes)) && (bad === undefined || bytes.toString('base64') !== bad)) return bytes;
  const fresh = await makeImage();
  // one that cannot be kept is made again by the next process
  await keep(file, Buffer.concat([digest(fresh), fresh])).catch(() => undefined);
  return fresh;
}

async function keep(file: string, bytes: Buffer): Promise<void> {
  const unfinished = `${file}.${randomUUID()}`;
  const folder = dirname(file);
  await mkdir(folder, { recursive: true });
  try {
    await writeFile(unfinished, bytes);
    await rename(unfinished, file);
  } finally {
    await rm(unfinished, { force: true });
  }
  for (const other of (await readdir(folder)).filter((name) => name.startsWith('python-') && name !== basename(file))) {
    const { mtimeMs } = await stat(join(folder, other));
    if (Date.now() - mtimeMs > staleMs) await rm(join(folder, other), { force: true });
  }
}

async function makeImage(): Promise<Buffer> {
  const pyodide = pyodideFolder();
  const flags = confined({ readable: [script, ...starters, pyodide], heapMb: 256 });
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, script, pyodide, pythonSource('library')], { env: bareEnvironment(), encoding: 'buffer', maxBuffer: largest, timeout: longestMs, killSignal: 'SIGKILL' }).catch((error: unknown) => {
    const { stderr, killed } = error as { stderr?: Buffer; killed?: boolean };
    const said = stderr?.toString() ?? '';
    const why = killed ? `it took longer than ${longestMs / 1000} s` : lastWords(said);
    throw new SingularError('unavailable', `Python does not start here${why && `: ${why}`}.`, { cause: error, detail: said });
  });
  if (stdout.length === 0) throw new SingularError('unavailable', 'Python does not start here: its memory is empty.');
  return stdout;
}
