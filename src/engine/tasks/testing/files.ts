/** Files for tests, in a folder of their own that is removed afterwards. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

/** Call once at the top of a test file. */
export function temporaryFiles(): (name: string, content: string | Uint8Array) => string {
  const folder = mkdtempSync(join(tmpdir(), 'singular-tasks-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return (name, content) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
}

/** Rows of public benchmarks that lie beside the checkout; tests that need them are skipped where they do not. */
export const sharedData = fileURLToPath(new URL('../../../../../shared/data/', import.meta.url));
export const withoutSharedData = !existsSync(sharedData);
