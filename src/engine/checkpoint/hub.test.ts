/** Against a small server on 127.0.0.1 that speaks the part of the hub's interface that a download uses. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { discardPartialDownloads, downloadModel, neededFiles, type HubDownload } from './hub.ts';
import { openCheckpoint } from './open.ts';
import { withFolder, writeCheckpoint } from './testing.ts';

const commit = '0123456789abcdef0123456789abcdef01234567';
const weightsName = 'model.safetensors';

interface Hub {
  endpoint: string;
  files: Map<string, Buffer>;
  /** the ranges asked of each file, probes of one byte left out */
  ranges: Map<string, string[]>;
  /** bytes of the weights after which the line is cut, one entry per request; an empty list cuts nothing */
  cuts: number[];
  status: number;
  token: string | null;
  ignoresRanges: boolean;
  /** digests that the listing gives, where they are not the true ones */
  lies: Map<string, string>;
}

const servers: Server[] = [];
afterEach(() => { for (const server of servers.splice(0)) { server.closeAllConnections(); server.close(); } });

async function serve(folder: string, extra: Record<string, string> = {}): Promise<Hub> {
  const files = new Map<string, Buffer>();
  for (const name of await readdir(folder)) files.set(name, await readFile(join(folder, name)));
  for (const [name, text] of Object.entries(extra)) files.set(name, Buffer.from(text));
  const hub: Hub = { endpoint: '', files, ranges: new Map(), cuts: [], status: 200, token: null, ignoresRanges: false, lies: new Map() };
  const server = createServer((request, response) => answer(hub, request, response));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  hub.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return hub;
}

function answer(hub: Hub, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', hub.endpoint);
  const json = (status: number, body: unknown): void => { response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body)); };
  if (hub.status !== 200) return json(hub.status, { error: 'refused' });
  if (hub.token !== null && request.headers.authorization !== `Bearer ${hub.token}`) return json(401, { error: 'Invalid username or password.' });
  if (url.pathname === '/api/models/someone/tiny/revision/main') return json(200, { _id: '1', id: 'someone/tiny', sha: commit, private: false, gated: false, downloads: 1, likes: 0, lastModified: '2026-01-01T00:00:00Z' });
  if (url.pathname === `/api/models/someone/tiny/tree/${commit}`) {
    return json(200, [...hub.files].map(([path, content]) => {
      const size = content.length;
      const sha256 = hub.lies.get(path) ?? createHash('sha256').update(content).digest('hex');
      const oid = createHash('sha1').update(`blob ${size}\0`).update(content).digest('hex');
      return path.endsWith('.safetensors') ? { type: 'file', path, size, oid: 'pointer', lfs: { oid: sha256, size, pointerSize: 130 } } : { type: 'file', path, size, oid };
    }));
  }
  const name = url.pathname.replace(`/someone/tiny/resolve/${commit}/`, '');
  const content = hub.files.get(name);
  if (!content) return json(404, { error: 'Repository not found' });
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  const [begin, end] = range ? [Number(range[1]), Number(range[2]) + 1] : [0, content.length];
  const isProbe = range?.[0] === 'bytes=0-0';
  if (!isProbe) hub.ranges.set(name, [...(hub.ranges.get(name) ?? []), request.headers.range ?? 'all']);
  if (range && !(hub.ignoresRanges && !isProbe)) {
    response.writeHead(206, { ETag: '"x"', 'Content-Range': `bytes ${begin}-${end - 1}/${content.length}`, 'Content-Length': end - begin });
  } else response.writeHead(200, { ETag: '"x"', 'Content-Length': content.length });
  const cut = !isProbe && name === weightsName ? hub.cuts.shift() : undefined;
  if (cut === undefined) response.end(content.subarray(begin, end));
  else response.write(content.subarray(begin, Math.min(end, begin + cut)), () => setTimeout(() => response.destroy(), 20));
}

/** A model on a hub of its own, and a folder to download to. */
async function withHub(work: (hub: Hub, download: HubDownload, target: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const source = join(folder, 'source');
    await mkdir(source);
    await writeCheckpoint(source);
    await writeFile(join(source, 'tokenizer.json'), JSON.stringify({ added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null, model: { type: 'BPE', vocab: { a: 0 }, merges: [] } }));
    await writeFile(join(source, 'tokenizer_config.json'), '{}');
    const hub = await serve(source, { 'pytorch_model.bin': 'never', 'README.md': 'never', 'consolidated.safetensors': 'never' });
    const targetRoot = join(folder, 'models');
    await work(hub, { hubId: 'someone/tiny', revision: 'main', endpoint: hub.endpoint, targetRoot }, targetRoot);
  });
}

const refusal = (download: HubDownload): Promise<{ code: string; message: string }> =>
  downloadModel(download).then(() => expect.fail('was accepted'), (reason: unknown) => {
    const error = reason as { code: string; message: string };
    expect(error.message).toMatch(/^[^\n]+\.$/);
    return error;
  });

test('a model is downloaded with progress, only what is needed, and opens', async () => {
  await withHub(async (hub, download, target) => {
    const seen: { doneBytes: number; totalBytes: number; file: string }[] = [];
    const { folder } = await downloadModel({ ...download, onProgress: (progress) => seen.push(progress) });
    expect(folder).toBe(join(target, 'someone--tiny', commit));
    expect((await readdir(folder)).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json']);
    expect((await openCheckpoint(folder)).config.layers).toBe(2);
    expect(seen.every((one, i) => i === 0 || one.doneBytes >= seen[i - 1].doneBytes)).toBe(true);
    expect(seen.at(-1)).toMatchObject({ doneBytes: seen[0].totalBytes, file: weightsName });
    const asked = hub.ranges.size;
    expect((await downloadModel(download)).folder).toBe(folder); // already there
    expect(hub.ranges.size).toBe(asked);
  });
});

test('a line cut in the middle of a file is taken up where it broke', async () => {
  await withHub(async (hub, download) => {
    const size = hub.files.get(weightsName)!.length;
    hub.cuts = [1000, 500];
    const { folder } = await downloadModel(download);
    expect(hub.ranges.get(weightsName)).toEqual(['all', `bytes=1000-${size - 1}`, `bytes=1500-${size - 1}`]);
    expect(await readFile(join(folder, weightsName))).toEqual(hub.files.get(weightsName));
  });
});

test('a line that never holds ends in one sentence, and the next attempt goes on from the bytes that are there', async () => {
  await withHub(async (hub, download, target) => {
    hub.cuts = [1000, 0, 0, 0];
    const error = await refusal(download);
    expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining('broke at byte 1000 of model.safetensors') as string });
    expect(await readdir(join(target, 'someone--tiny'))).toEqual([`${commit}.partial`]);
    hub.ranges.clear();
    await downloadModel(download);
    expect(hub.ranges.get(weightsName)).toEqual([`bytes=1000-${hub.files.get(weightsName)!.length - 1}`]);
    expect(hub.ranges.has('config.json')).toBe(false);
  });
});

test('a download that is stopped can go on or be discarded', async () => {
  await withHub(async (hub, download, target) => {
    const controller = new AbortController();
    hub.cuts = [700];
    const error = await refusal({ ...download, signal: controller.signal, onProgress: ({ file }) => { if (file === weightsName) controller.abort(); } });
    expect(error.code).toBe('cancelled');
    await discardPartialDownloads(target, download.hubId);
    expect(await readdir(join(target, 'someone--tiny'))).toEqual([]);
    await downloadModel(download);
  });
});

test('damaged bytes are noticed by their digest and fetched again', async () => {
  await withHub(async (hub, download, target) => {
    hub.lies.set(weightsName, 'f'.repeat(64));
    expect(await refusal(download)).toMatchObject({ code: 'unavailable', message: expect.stringContaining('arrived damaged') as string });
    expect(await readdir(join(target, 'someone--tiny', `${commit}.partial`))).not.toContain(`${weightsName}.part`);
    hub.lies.clear();
    await downloadModel(download);
  });
});

test('a server that ignores ranges is not believed in the middle of a file', async () => {
  await withHub(async (hub, download) => {
    hub.ignoresRanges = true;
    hub.cuts = [1000];
    expect(await refusal(download)).toMatchObject({ code: 'unavailable', message: expect.stringContaining('cannot send part of a file') as string });
  });
});

test('a token is sent, and asked for where it is missing', async () => {
  await withHub(async (hub, download) => {
    hub.token = 'hf_secret';
    const error = await refusal(download);
    expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining('HF_TOKEN') as string });
    expect((await downloadModel({ ...download, token: 'hf_secret' })).commit).toBe(commit);
  });
});

test.each([
  [403, 'unavailable', 'is gated'],
  [404, 'not-found', 'has no model someone/tiny with revision “main”'],
  [429, 'unavailable', 'asks to wait'],
  [500, 'unavailable', 'status 500'],
])('status %i is one sentence', async (status, code, words) => {
  await withHub(async (hub, download) => {
    hub.status = status;
    expect(await refusal(download)).toMatchObject({ code, message: expect.stringContaining(words) as string });
  });
});

test('offline, a full disk and what is no hub or id', async () => {
  await withHub(async (hub, download, target) => {
    expect(await refusal({ ...download, freeBytes: async () => Promise.resolve(10) })).toMatchObject({ code: 'disk-full', message: expect.stringContaining('1 MB more') as string });
    for (const server of servers.splice(0)) await new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); });
    expect(await refusal({ ...download, revision: 'main' })).toMatchObject({ code: 'unavailable', message: `The hub at ${hub.endpoint} cannot be reached from this machine.` });
    expect((await refusal({ ...download, endpoint: 'file:///etc' })).message).toContain('HF_ENDPOINT');
    for (const hubId of ['tiny', '../..', 'a/b/c', 'a/..', 'a/b?c', '']) expect((await refusal({ ...download, hubId })).code).toBe('bad-input');
    await rm(target, { recursive: true, force: true });
  });
});

test('a model for elsewhere costs no weights', async () => {
  await withHub(async (hub, download) => {
    hub.files.set('config.json', Buffer.from('{"model_type":"bert"}'));
    expect((await refusal(download)).message).toContain('“bert”');
    expect(hub.ranges.has(weightsName)).toBe(false);
    hub.files.delete(weightsName);
    expect((await refusal(download)).message).toContain('no safetensors weights');
  });
});

test('shards are fetched with their index, other weights are not', () => {
  const names = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors', 'consolidated.safetensors', 'model.safetensors.index.json', 'original/model.safetensors', 'pytorch_model.bin', 'config.json'];
  expect(neededFiles(names.map((path) => ({ path }))).map(({ path }) => path)).toEqual(['config.json', 'model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors', 'model.safetensors.index.json']);
});
