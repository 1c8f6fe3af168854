/** Where the packages lie that a sandbox's script imports. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const manifestSchema = z.object({ dependencies: z.record(z.string(), z.string()).default({}) });

/**
 * Folders of a package and of all that it depends on, as Node finds them from the file or folder `from`: each by the
 * path that it goes by, and by the real one, which differ where packages are links (a linked checkout, pnpm).
 * Errors: where the package is not installed.
 */
export function packageFolders(name: string, from: string, found = new Set<string>()): string[] {
  const folder = folderOf(name, from);
  if (folder === undefined) throw new Error(`the package ${name} is not installed`);
  const real = realpathSync(folder);
  if (!found.has(folder) || !found.has(real)) {
    found.add(folder).add(real);
    const { dependencies } = manifestSchema.parse(JSON.parse(readFileSync(join(real, 'package.json'), 'utf8')));
    for (const dependency of Object.keys(dependencies)) if (folderOf(dependency, real) !== undefined) packageFolders(dependency, real, found);
  }
  return [...found];
}

function folderOf(name: string, from: string): string | undefined {
  for (let above = from; ; above = dirname(above)) {
    const folder = join(above, 'node_modules', name);
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (dirname(above) === above) return undefined;
  }
}
