import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

interface Entry { dependencies?: Record<string, string>; optionalDependencies?: Record<string, string> }
const { packages } = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')) as { packages: Record<string, Entry> };

/** Node's own search: beside the package, then in every folder above. */
function isLocked(from: string, name: string): boolean {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    if (`${at ? `${at}/` : ''}node_modules/${name}` in packages) return true;
    if (!at) return false;
  }
}

// npm leaves out what the registry did not have for other platforms when a package was added, and then `npm ci`
// refuses the lock file on every machine.
it('the lock file names every package of every platform', () => {
  const missing = Object.entries(packages).flatMap(([place, entry]) =>
    Object.keys({ ...entry.dependencies, ...entry.optionalDependencies }).filter((name) => !isLocked(place, name)).map((name) => `${place} → ${name}`));
  expect(missing).toEqual([]);
});
