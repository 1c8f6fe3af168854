/** Hash routes (`#/experts/e1?tab=z`), so that the same files work from any shell without a server's help. */

export interface Location {
  path: string;
  query: Record<string, string>;
}

export function parseHash(hash: string): Location {
  const [path = '', search = ''] = hash.replace(/^#/, '').split('?');
  return { path: path.startsWith('/') ? path : `/${path}`, query: Object.fromEntries(new URLSearchParams(search)) };
}

/** The address of a screen, for `href`. */
export function hrefOf(path: string, query: Record<string, string | undefined> = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '');
  const search = new URLSearchParams(given).toString();
  return `#${path}${search ? `?${search}` : ''}`;
}

/** The parameters of a path that fits a pattern such as `/experts/:id`, or null. */
export function matchPattern(pattern: string, path: string): Record<string, string> | null {
  const expected = pattern.split('/').filter(Boolean);
  const actual = path.split('/').filter(Boolean);
  if (expected.length !== actual.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of expected.entries()) {
    const value = actual[index];
    if (part.startsWith(':')) {
      try {
        params[part.slice(1)] = decodeURIComponent(value);
      } catch {
        return null;
      }
    } else if (part !== value) return null;
  }
  return params;
}

class Router {
  #location = $state.raw<Location>(parseHash(globalThis.location?.hash ?? ''));
  readonly path = $derived(this.#location.path);
  readonly query = $derived(this.#location.query);

  /** Listens to the address; returns what stops it. */
  start(): () => void {
    const follow = () => (this.#location = parseHash(window.location.hash));
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }

  go = (path: string, query: Record<string, string | undefined> = {}): void => {
    window.location.hash = hrefOf(path, query);
  };

  /** Changes the query in place, without a new entry in the history. */
  setQuery = (query: Record<string, string | undefined>): void => {
    const target = hrefOf(this.path, { ...this.query, ...query });
    history.replaceState(history.state, '', target);
    this.#location = parseHash(target);
  };
}

export const router = new Router();
