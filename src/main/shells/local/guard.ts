/**
 * Who may speak with the local shell. Four walls: it listens on loopback only; the `Host` must be ours (a foreign
 * name that was rebound to 127.0.0.1 is refused); a browser's `Origin` must be ours; and the token must be right.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface Verdict { allowed: boolean; status: 200 | 403 | 421; reason: string; by?: 'cookie' | 'token' }

export const newToken = (): string => randomBytes(32).toString('base64url');

/** Compares hashes, so that neither the content nor the length of a wrong token shows in the time it takes. */
function same(given: string, expected: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(expected));
}

export class Guard {
  readonly #token: string;
  readonly #session = newToken();
  readonly #port: number;
  /** Cookies do not know ports: the name keeps two shells of one machine apart. */
  readonly cookieName: string;

  constructor(token: string, port: number) {
    this.#token = token;
    this.#port = port;
    this.cookieName = `singular-${port}`;
  }

  /** The cookie holds a secret of its own: the printed token is not repeated on every request. */
  get cookie(): string {
    return `${this.cookieName}=${this.#session}; HttpOnly; SameSite=Strict; Path=/`;
  }

  /** `writes` is true for what changes something (an upload, the socket): there a cookie needs our Origin too. */
  check(request: IncomingMessage, url: URL, writes: boolean): Verdict {
    const refuse = (status: 403 | 421, reason: string): Verdict => ({ allowed: false, status, reason });
    const hosts = ['127.0.0.1', 'localhost'].map((name) => `${name}:${this.#port}`);
    const { host, origin } = request.headers;
    if (!host || !hosts.includes(host.toLowerCase())) return refuse(421, 'This host name is not served here.');
    if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) return refuse(403, 'This page may not speak with Singular.');

    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    const token = bearer ?? (url.searchParams.get('token') || undefined);
    if (token !== undefined) {
      return same(token, this.#token) ? { allowed: true, status: 200, reason: '', by: 'token' } : refuse(403, 'The token is wrong: open the address that Singular printed when it started.');
    }
    const session = readCookie(request.headers.cookie, this.cookieName);
    if (session === undefined || !same(session, this.#session)) return refuse(403, 'The token is missing: open the address that Singular printed when it started.');
    if (writes && origin === undefined) return refuse(403, 'A request that changes something must say where it comes from.');
    return { allowed: true, status: 200, reason: '', by: 'cookie' };
  }
}

function readCookie(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}
