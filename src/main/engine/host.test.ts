import { afterEach, beforeEach, expect, test } from 'vitest';
import { SingularError } from '../../shared/errors.ts';
import { quickPreset } from '../../shared/training.ts';
import type { EngineCalls } from '../../engine/host/protocol.ts';
import { Fixture } from './testing/fixture.ts';
import { nodePath } from './nodePath.ts';
import { isAlive } from './testing/isAlive.ts';

let fixture: Fixture;
beforeEach(() => void (fixture = new Fixture()));
afterEach(() => fixture.clean());

const generate: EngineCalls['generate']['input'] = {
  model: { folder: '/m', cacheRoot: '/c', device: 'auto' }, rows: [{ prompt: 'x', raw: true }],
  sampling: { maxTokens: 40, temperature: 0, topP: 1, topK: 0, seed: 0, stop: [] },
};
const codeOf = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'resolved', (error: unknown) => (error instanceof SingularError ? error.code : String(error)));
test('the first request starts the process; events come before the result, typed arrays cross as they are', async () => {
  const host = fixture.host({ threads: () => 3 });
  const states: string[] = [];
  host.onChange(({ state }) => states.push(state));
  expect(host.state.state).toBe('stopped');
  const tokens: number[] = [];
  const z = { 'model.layers.0.self_attn.q_proj.weight': new Float32Array([1, 2]) };
  const result = await host.request('generate', { ...generate, rows: [{ prompt: 'x', raw: true, z }] }, (event) => tokens.push(...event.tokens.map((token) => token.id))).result;
  expect(tokens).toEqual(result.rows[0]?.ids);
  expect(tokens).toHaveLength(40);
  expect(states).toEqual(['starting', 'ready']);
  expect(host.facts?.versions['threads']).toBe('3');
  expect(isAlive(host.state.pid!)).toBe(true);
});

test('an error that the engine sends keeps its code and sentence', async () => {
  await expect(fixture.host().call('modelFacts', { folder: fixture.folder })).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('config.json') as string });
});

test('a cancelled request ends with `cancelled`, before or after it was sent', async () => {
  const host = fixture.host();
  const early = host.request('memory', null);
  early.cancel();
  expect(await codeOf(early.result)).toBe('cancelled');
  const late = host.request('generate', { ...generate, sampling: { ...generate.sampling, maxTokens: 10_000 } }, () => late.cancel());
  expect(await codeOf(late.result)).toBe('cancelled');
  expect(host.busy).toBe(false);
});

test('killed in flight: every pending request fails with engine-died, the process is started again and serves', async () => {
  const host = fixture.host();
  const notices: string[] = [];
  const states: string[] = [];
  host.onNotice(({ message }) => notices.push(message));
  await host.call('memory', null);
  host.onChange(({ state }) => states.push(state));
  const { pid } = host.state;
  let killed = false;
  const first = host.request('generate', { ...generate, sampling: { ...generate.sampling, maxTokens: 10_000 } }, () => {
    if (!killed) killed = process.kill(pid!, 'SIGKILL');
  });
  const second = host.request('generate', { ...generate, sampling: { ...generate.sampling, maxTokens: 10_000 } });
  expect(await codeOf(first.result)).toBe('engine-died');
  expect(await codeOf(second.result)).toBe('engine-died');
  // asked for while it is away: waits and is served
  expect((await host.call('memory', null)).rssBytes).toBeGreaterThan(0);
  expect(host.state.pid).not.toBe(pid);
  expect(states).toEqual(['restarting', 'ready']);
  expect(notices).toEqual([expect.stringMatching(/SIGKILL.*being restarted/)]);
});

test('a training is paused by steering: a checkpoint, then `cancelled`', async () => {
  const host = fixture.host({ env: { CHILD_ENGINE_STEP_MS: '2' } });
  const events: string[] = [];
  const request = host.request('train', { model: generate.model, rows: [], grader: 'exact', raw: true, config: { ...quickPreset, steps: 100_000 } }, (event) => {
    events.push(event.type);
    if (event.type === 'step' && event.metric.step === 3) request.steer('pause');
  });
  expect(await codeOf(request.result)).toBe('cancelled');
  expect(events.at(-1)).toBe('checkpoint');
});

test('a process that never says hello is killed, retried with growing delays, and given up after five starts', async () => {
  const host = fixture.host({ env: { CHILD_ENGINE_SILENT: '1' }, helloTimeoutMs: 60, restartDelayMs: 1 });
  const notices: string[] = [];
  host.onNotice(({ message }) => notices.push(message));
  expect(await codeOf(host.call('memory', null))).toBe('engine-died');
  expect(notices).toHaveLength(5);
  expect(notices.at(-1)).toContain('could not be started');
  expect(host.state.state).toBe('stopped');
  expect(host.stderrTail()).toContain('no hello within 60 ms');
});

test('an entry file that is missing fails with a sentence, not a hang', async () => {
  const host = fixture.host({ entry: fixture.path('missing.ts'), restartDelayMs: 1 });
  expect(await codeOf(host.call('memory', null))).toBe('engine-died');
});

test('a request that changes nothing is asked once more when the engine dies under it', async () => {
  const host = fixture.host({ env: fixture.faults('call:memory') });
  expect((await host.call('memory', null)).rssBytes).toBeGreaterThan(0);
  const other = fixture.host({ env: fixture.faults('call:memory', 'call:memory') });
  expect(await codeOf(other.call('memory', null))).toBe('engine-died');
});

test('stopping ends the process and refuses what comes after', async () => {
  const host = fixture.host();
  await host.call('memory', null);
  const pid = host.state.pid!;
  const running = host.request('generate', { ...generate, sampling: { ...generate.sampling, maxTokens: 10_000 } });
  const ended = codeOf(running.result);
  await host.stop();
  expect(await ended).toBe('engine-died');
  expect(isAlive(pid)).toBe(false);
  expect(await codeOf(host.call('memory', null))).toBe('engine-died');
});

test('restart gives a fresh process with the settings of now', async () => {
  let threads = 1;
  const host = fixture.host({ threads: () => threads });
  await host.call('memory', null);
  const { pid } = host.state;
  threads = 2;
  await host.restart();
  await host.call('memory', null);
  expect(host.state.pid).not.toBe(pid);
  expect(host.facts?.versions['threads']).toBe('2');
});

test('the Node binary is found for this platform, and named where it is missing', () => {
  expect(nodePath()).toMatch(/node(\.exe)?$/);
  expect(() => nodePath({ platform: 'plan9', arch: 'mips' })).toThrow(/node-plan9-mips is not installed/);
});
