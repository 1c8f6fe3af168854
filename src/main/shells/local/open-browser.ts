import { spawn } from 'node:child_process';

/** Asks the system to open an address of ours. Nothing is said when there is no browser: the address was printed. */
export function openBrowser(url: string): void {
  const [program, ...args] =
    process.platform === 'darwin' ? ['open', url]
    : process.platform === 'win32' ? ['rundll32', 'url.dll,FileProtocolHandler', url]
    : ['xdg-open', url];
  const child = spawn(program, args, { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}
