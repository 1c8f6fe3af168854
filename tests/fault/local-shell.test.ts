/**
 * What the local shell refuses. Rules held here:
 *   L1 nothing is answered without the token, and a wrong one is refused
 *   L2 a foreign Host (DNS rebinding) and a foreign Origin are refused, token or not
 *   L3 only files of the window are served, whatever the path says
 *   L4 an upload keeps within its folder and its size, and leaves nothing behind when it fails
 *   L5 a frame that is not a request ends its own socket and nothing else
 *   L6 it listens on loopback only
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Carried } from '../../src/main/shells/common/carried.ts';
import { startLocalShell, type LocalShell } from '../../src/main/shells/local/server.ts';
import { SingularError } from '../../src/shared/errors.ts';

let home = '';
let shell: LocalShell;
let listeners: ((event: 'notice', payload: unknown) => void)[] = [];
const seen: { name: string; input: unknown }[] = [];

const services: Carried = {
  dispatch: async (name, input) => {
    seen.push({ name, input });
    if (name === 'settings.set') throw new SingularError('bad-input', 'threads must be at least 0.');
    return { name, input };
  },
  onEvent: (listener) => {
    listeners.push(listener);
    return () => { listeners = listeners.filter((other) => other !== listener); };
  },
};

beforeAll(async () => {
  home = mkdtempSync(path.join(os.tmpdir(), 'singular-shell-'));
  for (const folder of ['window/assets', 'exports', 'uploads']) mkdirSync(path.join(home, folder), { recursive: true });
  writeFileSync(path.join(home, 'window', 'index.html'), '<!doctype html><title>Singular</title>');
  writeFileSync(path.join(home, 'window', 'assets', 'app.js'), 'export {};');
  writeFileSync(path.join(home, 'exports', 'dog expert.safetensors'), 'z');
  writeFileSync(path.join(home, 'secret.txt'), 'secret');
  symlinkSync(path.join(home, 'secret.txt'), path.join(home, 'window', 'link.txt'));
  shell = await startLocalShell({
    services, rendererRoot: path.join(home, 'window'), uploadRoot: path.join(home, 'uploads'), exportRoot: path.join(home, 'exports'), maxUploadBytes: 100_000,
  });
});

afterAll(async () => {
  await shell.close();
  rmSync(home, { recursive: true, force: true });
});

interface Answer { status: number; headers: http.IncomingHttpHeaders; body: string }

/** A request with the path exactly as given: `fetch` would tidy it. */
function ask(target: string, options: { method?: string; headers?: Record<string, string>; body?: Buffer | string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port: shell.port, path: target, method: options.method ?? 'GET', headers: options.headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(options.body);
  });
}

const bearer = () => ({ authorization: `Bearer ${shell.token}` });
const origin = () => `http://127.0.0.1:${shell.port}`;

async function cookie(): Promise<string> {
  const { headers } = await ask(`/?token=${shell.token}`);
  return headers['set-cookie']![0].split(';')[0];
}

/** Opens a socket; resolves with it, or with the status that refused it. */
function open(target: string, headers: Record<string, string> = {}): Promise<WebSocket | number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${shell.port}${target}`, { headers });
    socket.on('open', () => resolve(socket));
    socket.on('unexpected-response', (_request, response) => { resolve(response.statusCode!); socket.terminate(); });
    socket.on('error', () => {});
  });
}
const closing = (socket: WebSocket) => new Promise<number>((resolve) => socket.on('close', (code) => resolve(code)));
const next = (socket: WebSocket) => new Promise<Record<string, unknown>>((resolve) => socket.once('message', (data: Buffer) => resolve(JSON.parse(data.toString()) as Record<string, unknown>)));

describe('L1: the token', () => {
  it('is 32 random bytes', () => {
    expect(Buffer.from(shell.token, 'base64url')).toHaveLength(32);
  });

  it.each(['/', '/index.html', '/assets/app.js', '/exports/dog%20expert.safetensors', '/upload', '/nothing'])('%s is refused without it', async (target) => {
    const { status, body } = await ask(target);
    expect(status).toBe(403);
    expect(body).toMatch(/token is missing/);
  });

  it.each(['?token=wrong', `?token=${'A'.repeat(43)}`, '?token='])('a wrong one (%s) is refused', async (query) => {
    expect((await ask(`/${query}`)).status).toBe(403);
    expect(await open(`/ws${query}`)).toBe(403);
  });

  it('is exchanged for a cookie that scripts and other sites cannot use', async () => {
    const answer = await ask(`/?token=${shell.token}`);
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('/');
    expect(answer.headers['set-cookie']![0]).toMatch(/; HttpOnly; SameSite=Strict; Path=\/$/);
    expect(answer.headers['set-cookie']![0]).not.toContain(shell.token);
    const page = await ask('/', { headers: { cookie: await cookie() } });
    expect(page.status).toBe(200);
    expect(page.body).toContain('<title>Singular</title>');
  });

  it('a cookie of another shell is refused', async () => {
    expect((await ask('/', { headers: { cookie: `singular-${shell.port}=${'x'.repeat(43)}; singular-1=y` } })).status).toBe(403);
  });
});

describe('L2: who asks', () => {
  it.each(['evil.example', 'evil.example:80', '127.0.0.1', '127.0.0.1.evil.example:80', 'localhost:1'])('the host %s is refused, with the right token', async (host) => {
    expect((await ask(`/?token=${shell.token}`, { headers: { host } })).status).toBe(421);
    expect(await open(`/ws?token=${shell.token}`, { host })).toBe(421);
  });

  it.each(['http://evil.example', 'https://127.0.0.1', 'null', 'http://127.0.0.1:1', 'file://'])('the origin %s is refused, with the right token and cookie', async (foreign) => {
    const headers = { origin: foreign, cookie: await cookie() };
    expect((await ask(`/?token=${shell.token}`, { headers })).status).toBe(403);
    expect(await open(`/ws?token=${shell.token}`, headers)).toBe(403);
    expect(await open('/ws', headers)).toBe(403);
    expect((await ask('/upload?name=a', { method: 'POST', headers, body: 'x' })).status).toBe(403);
  });

  it('what writes needs the origin beside the cookie', async () => {
    const headers = { cookie: await cookie() };
    expect(await open('/ws', headers)).toBe(403);
    const socket = await open('/ws', { ...headers, origin: origin() });
    expect(socket).toBeInstanceOf(WebSocket);
    (socket as WebSocket).terminate();
  });

  it('says a policy without inline script on every answer', async () => {
    for (const target of ['/', '/nothing']) {
      const { headers } = await ask(target, { headers: bearer() });
      const policy = String(headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toMatch(/script-src 'self'(;|$)/);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(headers['x-content-type-options']).toBe('nosniff');
    }
  });
});

describe('L3: what is served', () => {
  it.each([
    '/../secret.txt', '/..%2fsecret.txt', '/%2e%2e/secret.txt', '/assets/../../secret.txt', '/assets/%2e%2e%2f%2e%2e%2fsecret.txt', '/..%5csecret.txt', '/link.txt', '/%00', '/%', '/assets',
    '/exports/../secret.txt', '/exports/..%2fsecret.txt', '/exports/%2e%2e%2fwindow%2findex.html', '//etc/passwd', '/exports//etc/passwd',
  ])('%s is not there', async (target) => {
    const { status, body } = await ask(target, { headers: bearer() });
    expect([400, 404]).toContain(status);
    expect(body).not.toContain('secret');
  });

  it('an export is sent as a download', async () => {
    const { status, headers, body } = await ask('/exports/dog%20expert.safetensors', { headers: bearer() });
    expect(status).toBe(200);
    expect(body).toBe('z');
    expect(headers['content-disposition']).toBe("attachment; filename*=UTF-8''dog%20expert.safetensors");
  });

  it.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'POST'])('%s is not a way to read', async (method) => {
    expect((await ask('/', { method, headers: bearer() })).status).toBe(405);
  });

  it('a target that is a whole address is refused', async () => {
    const answer = await ask('http://evil.example/', { headers: bearer() });
    expect(answer.status).toBe(400);
  });
});

describe('L4: uploads', () => {
  const uploads = () => readdirSync(path.join(home, 'uploads'));
  const send = (name: string, body: Buffer | string, headers: Record<string, string> = {}) =>
    ask(`/upload?name=${encodeURIComponent(name)}`, { method: 'POST', headers: { ...bearer(), ...headers }, body });

  it.each([
    ['rows.jsonl', 'rows.jsonl'],
    ['../../etc/passwd', 'passwd'],
    ['..\\..\\boot.ini', 'boot.ini'],
    ['...', 'file'],
    ['', 'file'],
    ['CON.csv', '_CON.csv'],
    ['a\u0000b\n<script>.csv', 'a_b__script_.csv'],
    [`${'é'.repeat(300)}.parquet`, `${'é'.repeat(56)}.parquet`],
  ])('%j is kept as %j, inside the uploads', async (given, kept) => {
    const { status, body } = await send(given, 'hello');
    expect(status).toBe(200);
    const { path: place } = JSON.parse(body) as { path: string };
    expect(path.basename(place)).toBe(kept);
    expect(path.relative(path.join(home, 'uploads'), place).split(path.sep)).toHaveLength(2);
    expect(readFileSync(place, 'utf8')).toBe('hello');
    rmSync(path.dirname(place), { recursive: true });
  });

  it('one that declares too much is refused before it is read', async () => {
    const { status, body } = await send('big.jsonl', Buffer.alloc(100_001));
    expect(status).toBe(413);
    expect((JSON.parse(body) as { error: { message: string } }).error.message).toMatch(/^big\.jsonl is larger than 100000 bytes/);
    expect(uploads()).toEqual([]);
  });

  it('one that lies about its size is stopped at the bound and leaves nothing', async () => {
    const outcome = await new Promise<number>((resolve) => {
      const request = http.request({ host: '127.0.0.1', port: shell.port, path: '/upload?name=big.jsonl', method: 'POST', headers: { ...bearer(), 'transfer-encoding': 'chunked' }, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode!);
      });
      request.on('error', () => resolve(0));
      const chunk = Buffer.alloc(64 * 1024);
      const pump = setInterval(() => request.write(chunk), 1);
      request.on('close', () => clearInterval(pump));
    });
    expect([413, 0]).toContain(outcome);
    await expect.poll(uploads).toEqual([]);
  });

  it('one that is cut off leaves nothing', async () => {
    const socket = net.connect(shell.port, '127.0.0.1');
    socket.write(`POST /upload?name=half.csv HTTP/1.1\r\nHost: 127.0.0.1:${shell.port}\r\nAuthorization: Bearer ${shell.token}\r\nContent-Length: 5000\r\n\r\nhalf`);
    await expect.poll(() => uploads().length).toBe(1);
    socket.destroy();
    await expect.poll(uploads).toEqual([]);
  });
});

describe('L5: frames', () => {
  const connect = async () => (await open(`/ws?token=${shell.token}`)) as WebSocket;

  it('answers a call, and an expected error with its code', async () => {
    const socket = await connect();
    socket.send(JSON.stringify({ id: 7, name: 'app.info', input: {} }));
    expect(await next(socket)).toEqual({ id: 7, result: { name: 'app.info', input: {} } });
    socket.send(JSON.stringify({ id: 8, name: 'settings.set', input: { threads: -1 } }));
    expect(await next(socket)).toEqual({ id: 8, error: { code: 'bad-input', message: 'threads must be at least 0.' } });
    socket.terminate();
  });

  it.each(['nothing.here', '__proto__', 'constructor', 'toString', ''])('the call %j is not one, and never reaches the services', async (name) => {
    const socket = await connect();
    const before = seen.length;
    socket.send(JSON.stringify({ id: 1, name, input: {} }));
    expect(await next(socket)).toMatchObject({ id: 1, error: { code: 'not-found' } });
    expect(seen).toHaveLength(before);
    socket.terminate();
  });

  it.each([
    ['not JSON', 'hello', 1007],
    ['JSON cut short', '{"id":1,"name":', 1007],
    ['a number', '1', 1008],
    ['null', 'null', 1008],
    ['no id', '{"name":"app.info","input":{}}', 1008],
    ['an id that is text', '{"id":"1","name":"app.info","input":{}}', 1008],
    ['a key too many', '{"id":1,"name":"app.info","input":{},"__proto__x":1}', 1008],
    ['a name of 200 letters', JSON.stringify({ id: 1, name: 'a'.repeat(200), input: {} }), 1008],
    ['bytes', Buffer.from([1, 2, 3]), 1003],
    ['a frame of 9 MB', `{"id":1,"name":"app.info","input":"${'a'.repeat(9 * 1024 * 1024)}"}`, 1009],
  ])('%s ends the socket, and others go on', async (_what, frame, code) => {
    const other = await connect();
    const socket = await connect();
    const closed = closing(socket);
    socket.on('error', () => {});
    socket.send(frame);
    expect(await closed).toBe(code);
    other.send(JSON.stringify({ id: 1, name: 'app.info', input: {} }));
    expect(await next(other)).toMatchObject({ id: 1 });
    other.terminate();
  });

  it('broken WebSocket framing ends the socket, and others go on', async () => {
    const raw = net.connect(shell.port, '127.0.0.1');
    raw.write(`GET /ws?token=${shell.token} HTTP/1.1\r\nHost: 127.0.0.1:${shell.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
    await new Promise((resolve) => raw.once('data', resolve));
    const ended = new Promise((resolve) => raw.on('close', resolve));
    raw.on('error', () => {});
    raw.resume();
    raw.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00]));
    await ended;
    const socket = await connect();
    socket.send(JSON.stringify({ id: 1, name: 'app.info', input: {} }));
    expect(await next(socket)).toMatchObject({ id: 1 });
    socket.terminate();
  });

  it('every window gets every event', async () => {
    const sockets = [await connect(), await connect()];
    const received = Promise.all(sockets.map(next));
    for (const listener of listeners) listener('notice', { level: 'info', message: 'hello' });
    expect(await received).toEqual(Array(2).fill({ event: 'notice', payload: { level: 'info', message: 'hello' } }));
    for (const socket of sockets) socket.terminate();
  });

  it('a socket elsewhere than /ws is refused', async () => {
    expect(await open(`/?token=${shell.token}`)).toBe(404);
  });
});

describe('L6: where it listens', () => {
  const others = Object.values(os.networkInterfaces()).flat().filter((address) => address && !address.internal && address.family === 'IPv4');

  it('not on the network', async (context) => {
    if (others.length === 0) return context.skip('this machine has no address besides loopback');
    const reached = await new Promise<boolean>((resolve) => {
      const socket = net.connect({ port: shell.port, host: others[0]!.address, timeout: 2000 }, () => { socket.destroy(); resolve(true); });
      socket.on('error', () => resolve(false));
      socket.on('timeout', () => { socket.destroy(); resolve(false); });
    });
    expect(reached).toBe(false);
  });

  it('a taken port is said in one sentence', async () => {
    await expect(startLocalShell({ services, rendererRoot: home, uploadRoot: path.join(home, 'uploads'), exportRoot: home, port: shell.port })).rejects.toThrow(/^Port \d+ is taken on this machine/);
  });
});
