/** The window's own address, `app://singular/`: a secure origin that nothing else can have. */
import { readFile } from 'node:fs/promises';
import { protocol } from 'electron';
import { findAsset } from '../common/assets.ts';
import { securityHeaders } from '../common/policy.ts';

export const origin = 'app://singular';

/** Must be called before the application is ready. */
export function declareProtocol(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } }]);
}

export function serveWindow(rendererRoot: string): void {
  const headers = securityHeaders([]);
  protocol.handle('app', async (request) => {
    const url = new URL(request.url);
    const asset = url.host === 'singular' && request.method === 'GET' ? await findAsset(rendererRoot, url.pathname) : null;
    if (!asset) return new Response('There is nothing here.', { status: 404, headers });
    return new Response(await readFile(asset.file), { headers: { ...headers, 'content-type': asset.type } });
  });
}
