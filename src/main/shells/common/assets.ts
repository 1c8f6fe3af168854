import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.wasm': 'application/wasm',
};

export interface Asset {
  file: string;
  type: string;
  sizeBytes: number;
  /** its name carries its hash, so it never changes */
  immutable: boolean;
}

/**
 * The file under `root` that a URL path names, or null. The path is decoded once, and the real file, links
 * followed, must lie inside the root; `/` is the page itself.
 */
export async function findAsset(root: string, urlPath: string): Promise<Asset | null> {
  let decoded: string;
  try {
    decoded = decodeURIComponent(urlPath);
  } catch {
    return null;
  }
  if (decoded.includes('\0') || decoded.includes('\\') || decoded.split('/').includes('..')) return null;
  const relative = decoded === '/' ? 'index.html' : decoded.replace(/^\/+/, '');
  try {
    const realRoot = await realpath(root);
    const file = await realpath(path.join(realRoot, relative));
    if (!file.startsWith(realRoot + path.sep)) return null;
    const facts = await stat(file);
    if (!facts.isFile()) return null;
    return {
      file,
      type: types[path.extname(file).toLowerCase()] ?? 'application/octet-stream',
      sizeBytes: facts.size,
      immutable: relative.startsWith('assets/'),
    };
  } catch {
    return null;
  }
}
