/**
 * Python's memory behind its start and the imports of its library: sandboxes that begin with it are there in 1.2 s in
 * place of 2.9 (two side by side on two cores). It is made by a process that runs nothing else, once for a version of
 * Pyodide and of the files here, and lies beside the packages that it is made of; where those cannot be written to, it
 * is kept for as long as this process runs.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SingularError } from '../../../../shared/errors.ts';
import { bareEnvironment, confined } from './process.ts';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export const pyodideFolder = dirname(createRequire(import.meta.url).resolve('pyodide/package.json'));
/** This folder's files that start Python. */
export const starters = [here('./pyodide.ts'), here('./imports.ts')];
const script = here('./python-image-child.ts');
/** Files of `python/`, as one text. */
export const pythonSource = (...names: readonly string[]): string => names.map((name) => readFileSync(here(`./python/${name}.py`), 'utf8')).join('\n\n');

/** by the clock */
const longestMs = 120_000;
/** bytes, compressed */
const largest = 64 * 1024 * 1024;
const digestBytes = 32;
const digest = (...parts: readonly (string | Uint8Array)[]): Buffer => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();

let image: Promise<string> | undefined;

/** As base64. Errors: `unavailable`, with what the process said; the next call tries again. */
export function pythonImage(): Promise<string> {
  image ??= keptImage(join(dirname(pyodideFolder), '.cache', 'singular')).then((bytes) => bytes.toString('base64')).catch((error: unknown) => {
    image = undefined;
    throw error;
  });
  return image;
}

/** The image of a folder, made where there is none or where it is not whole. */
export async function keptImage(folder: string): Promise<Buffer> {
  const made = digest(process.version, readFileSync(join(pyodideFolder, 'package.json')), pythonSource('library'), ...[...starters, script].map((file) => readFileSync(file))).toString('hex');
  const file = join(folder, `python-${made.slice(0, 16)}.image`);
  const kept = await readFile(file).catch(() => null);
  const bytes = kept?.subarray(digestBytes);
  if (bytes && digest(bytes).equals(kept?.subarray(0, digestBytes) ?? bytes)) return bytes;
  const fresh = await makeImage();
  const unfinished = `${file}.${process.pid}`;
  await mkdir(folder, { recursive: true }).then(() => writeFile(unfinished, Buffer.concat([digest(fresh), fresh]))).then(() => rename(unfinished, file)).catch(() => undefined);
  return fresh;
}

async function makeImage(): Promise<Buffer> {
  try {
    const flags = confined({ readable: [script, ...starters, pyodideFolder], heapMb: 256 });
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, script, pyodideFolder, pythonSource('library')], { env: bareEnvironment(), encoding: 'buffer', maxBuffer: largest, timeout: longestMs });
    return stdout;
  } catch (error) {
    throw new SingularError('unavailable', 'Python does not start here.', { cause: error, detail: (error as Error).message });
  }
}
