/**
 * The local shell: the window served on 127.0.0.1, the contract over a WebSocket, dropped files by upload.
 * Every answer, the page itself included, needs the token that the start prints (`guard.ts`).
 */
import { createReadStream } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { WebSocketServer, type WebSocket } from 'ws';
import { SingularError, toErrorDto, type ErrorDto } from '../../../shared/errors.ts';
import { findAsset } from '../common/assets.ts';
import type { Carried } from '../common/carried.ts';
import { securityHeaders } from '../common/policy.ts';
import { Guard, newToken } from './guard.ts';
import { ContractSocket, largestFrameBytes } from './socket.ts';
import { receiveUpload, sweepUploads } from './upload.ts';

export interface LocalShellOptions {
  services: Carried;
  /** the built window */
  rendererRoot: string;
  uploadRoot: string;
  /** files here may be downloaded by name */
  exportRoot: string;
  /** 0 takes a free one */
  port?: number;
  token?: string;
  maxUploadBytes?: number;
}
export interface LocalShell { url: string; port: number; token: string; close(): Promise<void> }

const defaultMaxUploadBytes = 4 * 1024 ** 3;
const heartbeatMs = 30_000;
const httpStatus: Partial<Record<ErrorDto['code'], number>> = { 'bad-input': 413, 'disk-full': 507, 'not-found': 404 };

export async function startLocalShell(options: LocalShellOptions): Promise<LocalShell> {
  const token = options.token ?? newToken();
  const maxUploadBytes = options.maxUploadBytes ?? defaultMaxUploadBytes;
  await sweepUploads(options.uploadRoot, Date.now());

  const server = createServer({ maxHeaderSize: 16 * 1024, headersTimeout: 15_000, requestTimeout: 0, keepAliveTimeout: 30_000 });
  server.maxConnections = 256;
  const port = await listen(server, options.port ?? 0);
  const guard = new Guard(token, port);
  const connect = ['127.0.0.1', 'localhost'].map((host) => `ws://${host}:${port}`);
  const headers = securityHeaders(connect);

  const sockets = new WebSocketServer({ noServer: true, maxPayload: largestFrameBytes, perMessageDeflate: false });
  const windows = new Map<WebSocket, { contract: ContractSocket; alive: boolean }>();

  const end = (response: ServerResponse, status: number, body: string | object, extra: Record<string, string> = {}) => {
    const json = typeof body !== 'string';
    response.writeHead(status, { ...headers, 'cache-control': 'no-store', 'content-type': json ? 'application/json' : 'text/plain; charset=utf-8', ...extra });
    response.end(json ? JSON.stringify(body) : body);
  };

  async function sendFile(request: IncomingMessage, response: ServerResponse, root: string, urlPath: string, extra: Record<string, string>) {
    const asset = await findAsset(root, urlPath);
    if (!asset) return end(response, 404, 'There is nothing here.');
    response.writeHead(200, {
      ...headers,
      'content-type': asset.type,
      'content-length': String(asset.sizeBytes),
      'cache-control': asset.immutable ? 'private, max-age=31536000, immutable' : 'no-store',
      ...extra,
    });
    if (request.method === 'HEAD') return void response.end();
    await pipeline(createReadStream(asset.file), response);
  }

  async function upload(request: IncomingMessage, response: ServerResponse, url: URL) {
    try {
      const name = url.searchParams.get('name') ?? '';
      end(response, 200, { path: await receiveUpload(request, options.uploadRoot, name, maxUploadBytes) });
    } catch (error) {
      if (request.destroyed && !request.complete && !(error instanceof SingularError)) return;
      const dto = toErrorDto(error);
      // The rest of the body is not read: the connection ends with the answer.
      end(response, httpStatus[dto.code] ?? 500, { error: dto }, { connection: 'close' });
    }
  }

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const url = parseUrl(request);
    if (!url) return end(response, 400, 'This is not an address.');
    const reads = request.method === 'GET' || request.method === 'HEAD';
    const verdict = guard.check(request, url, !reads);
    if (!verdict.allowed) return end(response, verdict.status, verdict.reason, { connection: 'close' });

    if (url.pathname === '/upload') {
      if (request.method !== 'POST') return end(response, 405, 'An upload is a POST.', { allow: 'POST' });
      return upload(request, response, url);
    }
    if (!reads) return end(response, 405, 'Only reading is possible here.', { allow: 'GET, HEAD', connection: 'close' });
    if (url.pathname.startsWith('/exports/')) {
      const name = url.pathname.slice('/exports'.length);
      return sendFile(request, response, options.exportRoot, name, { 'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(decodeName(name))}`, 'content-type': 'application/octet-stream' });
    }
    if (url.pathname === '/' && verdict.by === 'token') {
      const site = request.headers['sec-fetch-site'];
      // The cookie takes over and the token leaves the address bar; a link followed from another site would not
      // bring a strict cookie along, so that page is answered directly.
      if (site === undefined || site === 'none' || site === 'same-origin') return end(response, 303, '', { location: '/', 'set-cookie': guard.cookie });
      return sendFile(request, response, options.rendererRoot, '/', { 'set-cookie': guard.cookie });
    }
    return sendFile(request, response, options.rendererRoot, url.pathname, {});
  }

  server.on('request', (request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else end(response, 500, { error: toErrorDto(error) });
    });
  });

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const url = parseUrl(request);
    const verdict = url && guard.check(request, url, true);
    if (!verdict?.allowed || url?.pathname !== '/ws') {
      const status = verdict && !verdict.allowed ? `${verdict.status} Refused` : '404 Not Found';
      return void socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    }
    sockets.handleUpgrade(request, socket, head, (window) => {
      const entry = { contract: new ContractSocket(window, options.services), alive: true };
      windows.set(window, entry);
      window.on('pong', () => { entry.alive = true; });
      window.on('close', () => windows.delete(window));
    });
  });

  const stopEvents = options.services.onEvent((event, payload) => {
    if (windows.size === 0) return;
    const text = JSON.stringify({ event, payload });
    for (const { contract } of windows.values()) contract.sendText(text);
  });

  const heartbeat = setInterval(() => {
    for (const [window, entry] of windows) {
      if (!entry.alive) window.terminate();
      entry.alive = false;
      window.ping();
    }
  }, heartbeatMs);
  heartbeat.unref();

  return {
    url: `http://127.0.0.1:${port}/?token=${token}`,
    port,
    token,
    async close() {
      clearInterval(heartbeat);
      stopEvents();
      for (const window of windows.keys()) window.close(1001, 'Singular was closed.');
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      setTimeout(() => { for (const window of windows.keys()) window.terminate(); }, 500).unref();
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), 1000).unref();
      await closed;
    },
  };
}

function listen(server: ReturnType<typeof createServer>, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new SingularError('busy', `Port ${port} is taken on this machine; give another with --port, or none to take a free one.`) : error);
    });
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => resolve((server.address() as AddressInfo).port));
  });
}

/** The request's target as a URL; only its path and query are used, never the host it claims. */
function parseUrl(request: IncomingMessage): URL | null {
  const target = request.url ?? '/';
  return target.startsWith('/') && URL.canParse(`http://127.0.0.1${target}`) ? new URL(`http://127.0.0.1${target}`) : null;
}

const decodeName = (urlPath: string): string => {
  try {
    return path.posix.basename(decodeURIComponent(urlPath));
  } catch {
    return 'export';
  }
};
