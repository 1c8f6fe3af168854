/**
 * Entry of the local shell: `[--home DIR] [--port N] [--open]`. Prints the one address that opens it, and serves
 * until it is told to stop (Ctrl-C, or the end of the session).
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SingularError } from '../../../shared/errors.ts';
import { createServices, defaultHome, homeLayout } from '../../services/index.ts';
import { carried } from '../common/carried.ts';
import { openBrowser } from './open-browser.ts';
import { startLocalShell } from './server.ts';

const rendererRoot = fileURLToPath(new URL('../../../../out/renderer', import.meta.url));
/** A stop that takes longer than this (a step that cannot be interrupted) is cut short; the job resumes. */
const longestStopMs = 15_000;

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new SingularError('usage', `--port takes a number from 0 to 65535, not “${text}”.`);
  return port;
}

/** Words of the command line; an unknown one is `usage`. */
function options(): { home?: string | undefined; port?: string | undefined; open: boolean } {
  try {
    return parseArgs({ options: { home: { type: 'string' }, port: { type: 'string' }, open: { type: 'boolean', default: false } } }).values;
  } catch (error) {
    throw new SingularError('usage', `${error instanceof Error ? error.message.split('. ', 1)[0] : String(error)}; there are --home DIR, --port N and --open.`, { cause: error });
  }
}

/** The same port for the same home where it is free: what the page keeps (a draft of the desk) belongs to its origin. */
const usualPort = (home: string): number => 41_000 + (createHash('sha256').update(home).digest().readUInt16BE(0) % 4000);

async function main(): Promise<void> {
  const values = options();
  const port = values.port === undefined ? undefined : portOf(values.port);
  const layout = homeLayout(values.home ?? defaultHome());
  const services = createServices({ shell: 'local', home: layout.home });
  try {
    const served = { services: carried(services), rendererRoot, uploadRoot: path.join(layout.home, 'uploads'), exportRoot: layout.exports };
    const shell = port !== undefined
      ? await startLocalShell({ ...served, port })
      : await startLocalShell({ ...served, port: usualPort(layout.home) }).catch(() => startLocalShell(served));

    let stopping = false;
    const stop = () => {
      if (stopping) process.exit(1);
      stopping = true;
      setTimeout(() => process.exit(1), longestStopMs).unref();
      void shell.close().then(() => services.close()).then(() => process.exit(0), () => process.exit(1));
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);

    console.log(`Singular is open at ${shell.url}\nThe address carries its key; only this machine can reach it. Ctrl-C stops it.`);
    if (values.open) openBrowser(shell.url);
  } catch (error) {
    await services.close();
    throw error;
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof SingularError ? error.message : error);
  process.exit(error instanceof SingularError && error.code === 'usage' ? 2 : 1);
});
