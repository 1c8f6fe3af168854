/** Where the database, caches, downloads, exports and logs of one home lie. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export interface HomeLayout {
  home: string;
  database: string;
  /** SVD caches and fp32 copies, by weights hash */
  cache: string;
  /** downloaded models */
  models: string;
  exports: string;
  logs: string;
}

/** The platform's folder for application data; `SINGULAR_HOME` overrides it. */
export function defaultHome(env: Record<string, string | undefined> = process.env, platform: string = process.platform): string {
  if (env['SINGULAR_HOME']) return resolve(env['SINGULAR_HOME']);
  if (platform === 'win32') return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'Singular');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Singular');
  return join(env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'singular');
}

export function homeLayout(home: string): HomeLayout {
  const root = resolve(home);
  return {
    home: root,
    database: join(root, 'singular.sqlite'),
    cache: join(root, 'cache'),
    models: join(root, 'models'),
    exports: join(root, 'exports'),
    logs: join(root, 'logs'),
  };
}
