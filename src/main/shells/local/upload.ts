/**
 * A file dropped into a browser has no path: it is streamed into a folder of its own under the home, keeping its
 * name for messages, and the services then read it like any other file.
 */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SingularError } from '../../../shared/errors.ts';

const longestNameBytes = 120;
const keepMs = 24 * 60 * 60 * 1000;
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** A name that means one plain file on every system: no folders, no control or reserved characters, not hidden. */
export function safeFileName(name: string): string {
  const base = name.split(/[/\\]/).at(-1) ?? '';
  // eslint-disable-next-line no-control-regex -- control characters are what is removed
  const cleaned = base.normalize('NFC').replace(/[\u0000-\u001f\u007f<>:"|?*]/g, '_').replace(/^\.+/, '').replace(/[. ]+$/, '');
  const named = cleaned === '' ? 'file' : reserved.test(cleaned) ? `_${cleaned}` : cleaned;
  const extension = path.extname(named).slice(0, 16);
  const stem = [...named.slice(0, named.length - path.extname(named).length)];
  while (Buffer.byteLength(stem.join('') + extension) > longestNameBytes) stem.pop();
  return stem.join('') + extension;
}

/** Writes the request's body to `<root>/<random>/<name>` and returns the path; on any failure nothing stays. */
export async function receiveUpload(request: IncomingMessage, root: string, name: string, maxBytes: number): Promise<string> {
  const fileName = safeFileName(name);
  const tooLarge = () => new SingularError('bad-input', `${fileName} is larger than ${maxBytes} bytes, which is the most that can be dropped here; give its path on the command line instead.`);
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > maxBytes) throw tooLarge();

  const folder = path.join(root, randomUUID());
  await mkdir(folder, { recursive: true, mode: 0o700 });
  let received = 0;
  const bound = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      done(received > maxBytes ? tooLarge() : null, chunk);
    },
  });
  const target = path.join(folder, fileName);
  try {
    await pipeline(request, bound, createWriteStream(target, { flags: 'wx', mode: 0o600 }));
    return target;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Removes uploads of earlier days; what was imported from them is in the database. */
export async function sweepUploads(root: string, now: number): Promise<void> {
  const names = await readdir(root).catch(() => []);
  for (const name of names) {
    const folder = path.join(root, name);
    const facts = await stat(folder).catch(() => null);
    if (facts && now - facts.mtimeMs > keepMs) await rm(folder, { recursive: true, force: true });
  }
}
