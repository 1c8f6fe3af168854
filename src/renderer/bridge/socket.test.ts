import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SocketBridge } from './socket.svelte.ts';

/** A socket that the test opens, feeds and closes by hand. */
class HandSocket extends EventTarget {
  static readonly OPEN = 1;
  static made: HandSocket[] = [];
  readyState = 0;
  readonly sent: { id: number; name: string; input: unknown }[] = [];
  readonly url: URL;
  constructor(url: URL) {
    super();
    this.url = url;
    HandSocket.made.push(this);
  }
  send(text: string): void { this.sent.push(JSON.parse(text) as HandSocket['sent'][number]); }
  open(): void { this.readyState = 1; this.dispatchEvent(new Event('open')); }
  close(): void { this.readyState = 3; this.dispatchEvent(new Event('close')); }
  say(message: unknown): void { this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(message) })); }
}

const page = { href: 'http://127.0.0.1:4000/?token=abc#/experts', search: '?token=abc' };
const latest = (): HandSocket => HandSocket.made[HandSocket.made.length - 1];

describe('the bridge over a WebSocket', () => {
  beforeEach(() => {
    HandSocket.made = [];
    vi.stubGlobal('WebSocket', HandSocket);
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('goes to /ws of the page with its token, and nothing of its route', () => {
    new SocketBridge(page);
    expect(latest().url.href).toBe('ws://127.0.0.1:4000/ws?token=abc');
  });
  it('keeps calls until it is open, and gives each its own answer', async () => {
    const bridge = new SocketBridge(page);
    const first = bridge.call('models.list', {});
    const second = bridge.call('settings.get', {});
    latest().open();
    expect(latest().sent.map(({ name }) => name)).toEqual(['models.list', 'settings.get']);
    latest().say({ id: 2, result: { theme: 'dark' } });
    latest().say({ id: 1, result: [] });
    expect([await first, await second]).toEqual([[], { theme: 'dark' }]);
  });
  it('rejects with the code of the error', async () => {
    const bridge = new SocketBridge(page);
    const call = bridge.call('experts.get', { id: 'x' });
    latest().open();
    latest().say({ id: 1, error: { code: 'not-found', message: 'There is no expert x.' } });
    await expect(call).rejects.toMatchObject({ code: 'not-found', message: 'There is no expert x.' });
  });
  it('fails what was under way when the connection is lost, keeps what was not sent, comes back, and says so', async () => {
    const bridge = new SocketBridge(page);
    const back = vi.fn();
    const heard = vi.fn();
    bridge.onReconnect(back);
    bridge.on('models.changed', heard);
    latest().open();
    const underWay = bridge.call('models.list', {});
    latest().close();
    await expect(underWay).rejects.toMatchObject({ code: 'unavailable' });
    expect(bridge.connection).toBe('lost');
    const waiting = bridge.call('jobs.list', {});
    await vi.advanceTimersByTimeAsync(250);
    expect(HandSocket.made).toHaveLength(2);
    latest().open();
    expect([bridge.connection, back.mock.calls.length]).toEqual(['open', 1]);
    latest().say({ id: 2, result: [] });
    expect(await waiting).toEqual([]);
    latest().say({ event: 'models.changed', payload: null });
    expect(heard).toHaveBeenCalledTimes(1);
  });
  it('stops hearing when told to', () => {
    const bridge = new SocketBridge(page);
    const heard = vi.fn();
    const stop = bridge.on('experts.changed', heard);
    latest().open();
    stop();
    latest().say({ event: 'experts.changed', payload: null });
    expect(heard).not.toHaveBeenCalled();
  });
  it('tells a shell that was started anew, with another key, from one that is away', async () => {
    let status: number | null = null;
    vi.stubGlobal('fetch', async () => {
      if (status === null) throw new TypeError('Failed to fetch');
      return new Response(null, { status });
    });
    const bridge = new SocketBridge(page);
    latest().open();
    const closeAgain = async (): Promise<string> => {
      latest().close();
      await vi.advanceTimersByTimeAsync(5000);
      return bridge.connection;
    };
    expect([await closeAgain(), await closeAgain()]).toEqual(['lost', 'lost']);
    status = 403;
    expect([await closeAgain(), await closeAgain()]).toEqual(['refused', 'refused']);
    status = 200;
    expect(await closeAgain()).toBe('lost');
    latest().open();
    expect(bridge.connection).toBe('open');
  });
  it('names an uploaded file as the person knows it', async () => {
    vi.stubGlobal('fetch', async () => new Response(JSON.stringify({ path: '/home/uploads/1f/math.csv' })));
    const bridge = new SocketBridge(page);
    latest().open();
    const path = await bridge.pathOf(new File(['x'], 'math.csv'));
    const call = bridge.call('datasets.inspect', { path });
    latest().say({ id: 1, error: { code: 'bad-input', message: `${path}, row 3: no answer.` } });
    await expect(call).rejects.toMatchObject({ message: 'math.csv, row 3: no answer.' });
  });
  it('finds the download of what was exported, and of nothing else', () => {
    const bridge = new SocketBridge(page);
    expect(bridge.downloadUrl('/home/exports/a b.safetensors')).toBe('http://127.0.0.1:4000/exports/a%20b.safetensors');
    expect(bridge.downloadUrl('/etc/passwd')).toBeNull();
  });
});
