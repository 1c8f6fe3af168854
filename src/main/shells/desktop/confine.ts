/** What no page of the application may do, whatever runs in it: leave, open, ask for rights, or reach the network. */
import { app, session, type WebContents } from 'electron';
import { origin } from './protocol.ts';

/** Copying text is the one right that the window uses; reading the clipboard is not among them. */
const allowedPermissions: readonly string[] = ['clipboard-sanitized-write'];

export function confineContents(contents: WebContents): void {
  contents.on('will-navigate', (event) => event.preventDefault());
  contents.on('will-frame-navigate', (event) => event.preventDefault());
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
}

/** Call once, when the application is ready and before the first window. */
export function confineApplication(): void {
  app.on('web-contents-created', (_event, contents) => confineContents(contents));
  const rights = session.defaultSession;
  rights.setPermissionRequestHandler((_contents, permission, answer) => answer(allowedPermissions.includes(permission)));
  rights.setPermissionCheckHandler((_contents, permission) => allowedPermissions.includes(permission));
  rights.setDevicePermissionHandler(() => false);
  rights.webRequest.onBeforeRequest((details, answer) => {
    const inside = details.url.startsWith(`${origin}/`) || details.url.startsWith('devtools://') || details.url.startsWith('data:') || details.url.startsWith(`blob:${origin}/`);
    answer({ cancel: !inside });
  });
}
