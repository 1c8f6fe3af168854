import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { calls, type AnswerStatsDto, type DatasetDto, type ExpertDto, type MixDto, type SettingsDto } from '../../shared/contract.ts';
import type { Services } from './index.ts';
import { ended, Home, nextEvent, startTraining } from './testing/home.ts';

let home: Home;
beforeEach(() => void (home = new Home()));
afterEach(() => home.clean());

const train = async (services: Services, name: string, seed = 0): Promise<ExpertDto> => {
  const { jobId } = await startTraining(services, { steps: 2, seed }, name);
  const job = await ended(services, jobId);
  return services.call('experts.get', { id: job.expertId! });
};
const mapping = { kind: 'prompt-answer', prompt: 'prompt', answer: 'answer' };
const nasty = `it's <b>"bold"</b>; drop table experts; -- 🧮 $(id) \`x\``;

test('every call of the contract has a handler, and what is not a call is refused', async () => {
  const services = home.services();
  expect(Object.keys(services.handlers).sort()).toEqual(Object.keys(calls).sort());
  for (const name of ['experts.nonsense', '__proto__', 'toString']) await expect(services.dispatch(name, {})).rejects.toMatchObject({ code: 'bad-input' });
});

test.each([
  ['experts.get', {}, '“id” is missing.'],
  ['experts.get', { id: 3 }, '“id” must be text.'],
  ['experts.get', { id: '' }, '“id” must not be empty.'],
  ['jobs.list', { limit: 501 }, '“limit” must be at most 500.'],
  ['settings.set', { theme: 'pink' }, '“theme” must be one of: system, light, dark.'],
  ['models.download', { hubId: 'no slash' }, 'A hub id looks like owner/name.'],
  ['desk.answer', { modelId: 'toy', prompt: 'x', parts: [{ expertId: 'e', alpha: 'loud' }], sampling: {} }, '“parts.0.alpha” has none of the allowed forms.'],
  ['runs.get', { id: 'none' }, 'There is no run none.'],
] as const)('%s with %j says: %s', async (name, input, message) => {
  await expect(home.services({ shell: 'cli' }).dispatch(name, input)).rejects.toMatchObject({ message });
});

test('first start: the bundled model and datasets are there, the library is empty; a removed dataset stays away', async () => {
  const services = home.services();
  await services.ready();
  expect(await services.call('models.list', {})).toMatchObject([{ id: 'toy', source: 'bundled', layers: 2, svd: { state: 'none' } }]);
  const [dataset, everyday] = await services.call('datasets.list', {});
  // questions for no expert: a dataset, and nothing to train on
  expect(everyday).toMatchObject({ name: 'everyday', source: 'bundled', rows: 12 });
  expect(await services.call('tasks.list', {})).toMatchObject([{ name: 'sums' }]);
  expect(dataset).toMatchObject({ name: 'sums', source: 'bundled', rows: 25, unusable: 0, suggestedGrader: 'exact', splits: { train: 20, validation: 0, test: 5, unassigned: 0 } });
  expect(await services.dispatch('experts.list', {})).toEqual({ experts: [], total: 0, tags: [] });
  await services.call('datasets.remove', { id: dataset.id });
  await services.close();
  const again = home.services();
  await again.ready();
  expect(await again.call('datasets.list', {})).toMatchObject([{ name: 'everyday' }]);
});

test('a model folder is added once, found again, and forgotten without touching its files; a bad one gets the reason', async () => {
  const services = home.services();
  const folder = home.path('my model');
  mkdirSync(folder);
  await expect(services.dispatch('models.addFolder', { folder })).rejects.toMatchObject({ code: 'bad-input', message: 'my model has no config.json.' });
  await expect(services.dispatch('models.addFolder', { folder: home.path('nowhere') })).rejects.toMatchObject({ message: `There is no folder ${home.path('nowhere')}.` });
  writeFileSync(join(folder, 'config.json'), '{"a":1}');
  const model = await services.call('models.addFolder', { folder });
  expect(model).toMatchObject({ id: 'my-model', name: 'my model', source: 'folder' });
  expect((await services.call('models.addFolder', { folder })).id).toBe('my-model');
  await services.call('models.remove', { id: 'my-model' });
  expect((await services.call('models.list', {})).map(({ id }) => id)).toEqual(['toy']);
  expect(existsSync(join(folder, 'config.json'))).toBe(true);
  expect((await services.call('models.addFolder', { folder })).id).toBe('my-model');
});

test('a model whose files change is read again; one whose files are gone says why', async () => {
  const first = home.services();
  await first.ready();
  const before = (await first.call('models.list', {}))[0].weightsHash;
  await first.close();
  writeFileSync(join(home.nativeModels, 'toy', 'config.json'), '{"other":true}');
  const second = home.services();
  await second.ready();
  expect((await second.call('models.list', {}))[0].weightsHash).not.toBe(before);
  await second.close();
  rmSync(join(home.nativeModels, 'toy', 'config.json'));
  const third = home.services();
  await third.ready();
  expect((await third.call('models.list', {}))[0].unusable).toBe('toy has no config.json.');
  await expect(startTraining(third)).rejects.toMatchObject({ code: 'bad-input', message: 'toy has no config.json.' });
});

test('a download becomes a model whose files are deleted with it', async () => {
  const services = home.services();
  const { jobId } = await services.dispatch('models.download', { hubId: 'some/model' }) as { jobId: string };
  expect(await ended(services, jobId)).toMatchObject({ state: 'succeeded', modelId: 'some/model', progress: { done: 400, total: 400, unit: 'bytes' } });
  const model = (await services.call('models.list', {})).find(({ id }) => id === 'some/model')!;
  expect(model).toMatchObject({ source: 'hub', name: 'some/model' });
  await services.call('models.remove', { id: model.id });
  expect(existsSync(model.folder)).toBe(false);
});

test('a removed model takes along what was made of its weights, where no other has them; a home behind a link is the same home', async () => {
  mkdirSync(home.path('elsewhere'));
  symlinkSync(home.path('elsewhere'), home.home, 'dir');
  const services = home.services();
  const { jobId } = await services.dispatch('models.download', { hubId: 'some/model' }) as { jobId: string };
  await ended(services, jobId);
  const model = (await services.call('models.list', {})).find(({ id }) => id === 'some/model')!;
  const made = ['svd', 'fp32'].map((kind) => join(home.home, 'cache', kind, model.weightsHash!));
  for (const folder of made) mkdirSync(folder, { recursive: true });
  const twin = home.path('twin');
  cpSync(model.folder, twin, { recursive: true });
  const { id: twinId, weightsHash } = await services.call('models.addFolder', { folder: twin });
  expect(weightsHash).toBe(model.weightsHash);
  await services.call('models.remove', { id: model.id });
  expect([existsSync(model.folder), ...made.map(existsSync)]).toEqual([false, true, true]);
  await services.call('models.remove', { id: twinId });
  expect([existsSync(twin), ...made.map(existsSync)]).toEqual([true, false, false]);
});

test('a training is removed with its curves once it has ended; its expert stays', async () => {
  const services = home.services({}, { CHILD_ENGINE_STEP_MS: '20' });
  const { jobId, runId } = await startTraining(services);
  await expect(services.call('runs.remove', { id: runId })).rejects.toMatchObject({ code: 'conflict' });
  await ended(services, jobId);
  await services.call('runs.remove', { id: runId });
  await expect(services.call('runs.get', { id: runId })).rejects.toMatchObject({ code: 'not-found' });
  expect(await services.call('runs.samples', { id: runId, step: 0 })).toEqual([]);
  expect(await services.dispatch('experts.list', {})).toMatchObject({ total: 1 });
  expect((await services.dispatch('jobs.list', {}) as { id: string; runId?: string }[]).find(({ id }) => id === jobId)?.runId).toBeUndefined();
});

test('a cancelled download leaves nothing behind', async () => {
  const services = home.services({}, home.holds('download:1'));
  const { jobId } = await services.dispatch('models.download', { hubId: 'some/model' }) as { jobId: string };
  const folder = join(home.home, 'models', 'some--model');
  await expect.poll(() => existsSync(folder)).toBe(true);
  await services.call('jobs.cancel', { id: jobId });
  await ended(services, jobId);
  await expect.poll(() => existsSync(folder)).toBe(false);
});

test('a dataset is read into the database, bad rows with their reason; the same file the same way is stored once', async () => {
  const services = home.services();
  const path = home.write('mixed.jsonl', ['{"prompt":"a","answer":"1"}', 'not json', '{"prompt":""}', '{"prompt":"b"}'].join('\n'));
  const dataset = await services.dispatch('datasets.import', { path, name: nasty, mapping }) as DatasetDto;
  expect(dataset).toMatchObject({ name: nasty, rows: 2, unusable: 2, fileName: 'mixed.jsonl', source: 'file' });
  expect((await services.call('datasets.unusable', { datasetId: dataset.id, offset: 0, limit: 10 })).rows).toEqual([{ row: 1, reason: 'This line is not JSON.' }, { row: 2, reason: '“prompt” is empty.' }]);
  const preview = await services.dispatch('datasets.preview', { modelId: 'toy', raw: true, datasetId: dataset.id, offset: 1 }) as { rows: { row: number; text: string }[]; total: number };
  expect(preview).toMatchObject({ total: 2, rows: [{ row: 3, text: '<s>b' }] });
  expect(await services.dispatch('datasets.previewFile', { modelId: 'toy', raw: true, path, mapping, offset: 1 })).toEqual(preview);
  expect((await services.dispatch('datasets.import', { path, name: nasty, mapping }) as DatasetDto).id).toBe(dataset.id);
  await expect(services.dispatch('datasets.import', { path: home.write('bad.jsonl', 'x'), name: 'n', mapping })).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('bad.jsonl has no usable row') as string });
  expect((await services.call('datasets.list', {})).filter(({ source }) => source === 'file')).toHaveLength(1);
});

test('the engine killed while a file is read: the import starts over and every row is there once', async () => {
  const services = home.services({}, home.faults('read:200'));
  const dataset = await services.dispatch('datasets.import', { path: home.rows('many.jsonl', 450), name: 'many', mapping }) as DatasetDto;
  expect(dataset.rows).toBe(450);
});

test('a dataset that a job needs is not removed', async () => {
  const services = home.services({}, { CHILD_ENGINE_STEP_MS: '20' });
  const { jobId } = await startTraining(services, { steps: 500 });
  const [dataset] = await services.call('datasets.list', {});
  await expect(services.call('datasets.remove', { id: dataset.id })).rejects.toMatchObject({ code: 'conflict', message: '“sums” is used by the job “Train “expert””; cancel that first.' });
  await services.call('jobs.cancel', { id: jobId });
  await ended(services, jobId);
  expect(await services.call('datasets.remove', { id: dataset.id })).toBeNull();
});

test('graders are tested on references and on typed answers', async () => {
  const services = home.services();
  await services.ready();
  const [dataset] = await services.call('datasets.list', {});
  expect(await services.dispatch('graders.test', { grader: 'exact', datasetId: dataset.id, limit: 2 })).toMatchObject([{ row: 0, answer: '1', score: 1 }, { row: 1, answer: '2', score: 1 }]);
  expect(await services.dispatch('graders.test', { grader: 'exact', datasetId: dataset.id, answers: [{ row: 3, answer: 'no' }] })).toMatchObject([{ row: 3, answer: 'no', score: 0 }]);
  await expect(services.dispatch('graders.test', { grader: 'exact' })).rejects.toMatchObject({ code: 'bad-input' });
});

test('experts: names stay unique, removal is undone, a duplicate knows its parent, search finds tags', async () => {
  const services = home.services();
  const first = await train(services, 'sums');
  const second = await train(services, 'sums');
  expect(second.name).toBe('sums 2');
  await expect(services.call('experts.update', { id: second.id, name: 'sums' })).rejects.toMatchObject({ code: 'conflict' });
  expect(await services.call('experts.update', { id: second.id, name: nasty, tags: ['a', 'a ', ''], description: 'd' })).toMatchObject({ name: nasty, tags: ['a'], description: 'd' });
  expect(await services.dispatch('experts.list', { search: 'DROP table' })).toMatchObject({ total: 1, tags: ['a', 'arith'] });
  await services.call('experts.remove', { id: first.id });
  const third = await train(services, 'sums');
  expect(third.name).toBe('sums');
  expect((await services.call('experts.restore', { id: first.id })).name).toBe('sums 2');
  const copy = await services.call('experts.duplicate', { id: first.id });
  expect(copy).toMatchObject({ name: 'sums 2 2', source: 'duplicate', provenance: { parentId: first.id } });
  expect(await services.call('experts.zmap', { id: copy.id, bins: 100 })).toEqual(await services.call('experts.zmap', { id: first.id, bins: 100 }));
});

test('an expert is exported, never over a file, and comes back the same; for other weights it is refused with the reason', async () => {
  const services = home.services();
  const expert = await train(services, nasty);
  const { path } = await services.call('experts.export', { id: expert.id });
  expect(path.startsWith(join(home.home, 'exports'))).toBe(true);
  const bytes = readFileSync(path);
  expect((await services.call('experts.export', { id: expert.id })).path).not.toBe(path);
  await expect(services.call('experts.export', { id: expert.id, path })).rejects.toMatchObject({ code: 'conflict', message: `${path} exists already; nothing was written. Choose another name or remove it first.` });
  expect(readFileSync(path).equals(bytes)).toBe(true);
  const both = await services.call('experts.export', { id: expert.id, path: home.path('z.safetensors'), merged: home.path('merged') });
  expect(both).toEqual({ path: home.path('z.safetensors'), merged: home.path('merged') });
  const back = await services.call('experts.import', { path });
  expect(back).toMatchObject({ name: `${nasty} 2`, source: 'imported', modelId: 'toy', provenance: { datasetName: 'sums', seed: 0, grader: 'exact' } });
  expect(await services.call('experts.zmap', { id: back.id, bins: 16 })).toEqual(await services.call('experts.zmap', { id: expert.id, bins: 16 }));
  await services.close();
  writeFileSync(join(home.nativeModels, 'toy', 'config.json'), '{"other":true}');
  const others = home.services();
  await others.ready();
  await expect(others.call('experts.import', { path })).rejects.toMatchObject({ code: 'conflict', message: expect.stringMatching(/was made for “toy” .* no model here has these weights/) as string });
  await expect(others.call('experts.import', { path, modelId: 'toy' })).rejects.toMatchObject({ code: 'conflict' });
});

interface Heard { base: number[]; mix: number[]; done: Record<string, AnswerStatsDto>; compared: boolean }
async function ask(services: Services, parts: object[], more: object = {}): Promise<Heard> {
  const heard: Heard = { base: [], mix: [], done: {}, compared: false };
  // one answer at a time in these tests, so every event is its own
  const off = [
    services.on('answer.tokens', ({ side, tokens }) => void heard[side].push(...tokens.map((token) => token.id))),
    services.on('answer.compared', () => void (heard.compared = true)),
  ];
  const finished = new Promise<void>((resolve, reject) => {
    off.push(services.on('answer.done', ({ side, stats }) => {
      heard.done[side] = stats;
      if (Object.keys(heard.done).length === 2) resolve();
    }));
    off.push(services.on('answer.failed', ({ error }) => reject(new Error(error.message))));
  });
  finished.catch(() => undefined);
  try {
    await services.dispatch('desk.answer', { modelId: 'toy', prompt: 'hi', raw: true, parts, sampling: { maxTokens: 5 }, ...more });
    await finished;
  } finally {
    off.forEach((stop) => stop());
  }
  return heard;
}

test('the desk streams both sides; at α = 0, muted, or beside a solo, the mix is the base to the token', async () => {
  const services = home.services();
  const a = await train(services, 'a', 1);
  const b = await train(services, 'b', 2);
  const part = (expert: ExpertDto, alpha: number | number[], more: object = {}): object => ({ expertId: expert.id, alpha, ...more });
  const compared = nextEvent(services, 'answer.compared', () => true);
  const mixed = await ask(services, [part(a, 1)]);
  expect((await compared).comparison.tokens).toHaveLength(5);
  expect(mixed.base).toHaveLength(5);
  expect(mixed.mix).not.toEqual(mixed.base);
  expect(mixed.done['mix']).toMatchObject({ tokens: 5, promptTokens: 2, stopReason: 'length' });
  for (const parts of [[part(a, 0), part(b, [0, 0])], [part(a, 1, { muted: true })], [part(a, 1), part(b, 0, { solo: true })], []]) {
    const heard = await ask(services, parts);
    expect(heard.mix).toEqual(heard.base);
    expect(heard.compared).toBe(false);
  }
  expect((await ask(services, [part(a, 1), part(b, 1, { solo: true })])).mix).toEqual((await ask(services, [part(b, 1)])).mix);
  await services.call('experts.remove', { id: a.id });
  await expect(ask(services, [part(a, 1)])).rejects.toMatchObject({ code: 'not-found' });
});

test('an answer makes the SVD cache where it is missing, is stored as a conversation, and can be stopped', async () => {
  const services = home.services({}, { CHILD_ENGINE_STEP_MS: '5' });
  const expert = await train(services, 'a');
  const { answerId } = await services.dispatch('desk.answer', { modelId: 'toy', prompt: nasty, raw: true, parts: [{ expertId: expert.id, alpha: 1 }], sampling: { maxTokens: 5000 } }) as { answerId: string };
  await nextEvent(services, 'answer.tokens', () => true);
  const done = nextEvent(services, 'answer.done', ({ side }) => side === 'mix');
  await services.call('desk.cancel', { answerId });
  expect((await done).stats.stopReason).toBe('cancelled');
  const { messages, title } = await services.call('conversations.get', { id: answerId });
  expect(title).toBe(nasty);
  expect(messages.map(({ role }) => role)).toEqual(['user', 'base', 'mix']);
  expect(messages[0].content).toBe(nasty);
  await services.call('conversations.remove', { id: answerId });
  expect(await services.call('conversations.list', { offset: 0, limit: 10 })).toEqual([]);
});

test('the engine killed under an answer: the window hears it, and the next answer comes', async () => {
  const services = home.services({}, home.faults('generate:3'));
  await expect(ask(services, [])).rejects.toThrow(/ended unexpectedly/);
  expect((await ask(services, [])).base).toHaveLength(5);
});

test('mixes are saved, updated, exported with their parents, and written as a command that a shell reads back', async () => {
  const services = home.services();
  const expert = await train(services, nasty);
  const parts = [{ expertId: expert.id, alpha: 0.5 }];
  const mix = await services.dispatch('mixes.save', { name: 'm', modelId: 'toy', parts }) as MixDto;
  expect(await services.call('mixes.list', { modelId: 'toy' })).toEqual([mix]);
  await expect(services.dispatch('mixes.save', { name: 'm', modelId: 'toy', parts: [] })).rejects.toMatchObject({ code: 'conflict' });
  const updated = await services.dispatch('mixes.save', { id: mix.id, name: 'n', modelId: 'toy', parts: [{ ...parts[0], alpha: [1, 0.25], solo: true }] }) as MixDto;
  expect(updated).toMatchObject({ id: mix.id, name: 'n', parts: [{ alpha: [1, 0.25], solo: true, muted: false }] });
  const { path } = await services.dispatch('mixes.export', { modelId: 'toy', name: 'n', parts, kind: 'z' }) as { path: string };
  const { metadata } = JSON.parse(readFileSync(path, 'utf8')) as { metadata: Record<string, string> };
  expect(Object.values(metadata).every((value) => typeof value === 'string')).toBe(true);
  expect(JSON.parse(metadata['parts'])).toMatchObject([{ name: nasty, alpha: 0.5, weights_hash: expert.weightsHash, seed: 0 }]);
  await expect(services.dispatch('mixes.export', { modelId: 'toy', name: 'n', parts: [{ ...parts[0], alpha: 0 }], kind: 'z' })).rejects.toMatchObject({ code: 'bad-input' });
  expect(existsSync((await services.dispatch('mixes.export', { modelId: 'toy', name: 'n', parts, kind: 'merged' }) as { path: string }).path)).toBe(true);
  const half = await services.dispatch('mixes.zmap', { modelId: 'toy', parts, bins: 8 }) as { matrices: { cells: number[] }[] };
  const whole = await services.call('experts.zmap', { id: expert.id, bins: 8 });
  expect(half.matrices[0].cells[0]).toBeCloseTo(whole.matrices[0].cells[0] / 2, 5);
  const { command } = await services.dispatch('mixes.command', { modelId: 'toy', parts, prompt: '--raw', raw: true, sampling: {} }) as { command: string };
  expect(command).toContain(`--mix 'it'\\''s <b>"bold"</b>; drop table experts; -- 🧮 $(id) \`x\`=0.5'`);
  expect(command).toContain('--prompt=--raw ');
  await services.call('mixes.remove', { id: mix.id });
  expect(await services.dispatch('mixes.list', {})).toEqual([]);
});

test('settings are kept, threads reach a fresh engine, diagnostics hold no contents', async () => {
  const services = home.services();
  await services.ready();
  const told = nextEvent(services, 'settings.changed', () => true);
  await services.dispatch('settings.set', { theme: 'dark', threads: 2 });
  expect(await told).toMatchObject({ theme: 'dark', threads: 2, device: 'auto', hubEndpoint: 'https://huggingface.co' } satisfies SettingsDto);
  expect((await services.engine.call('memory', null)).rssBytes).toBeGreaterThan(0);
  expect(services.engine.facts?.versions['threads']).toBe('2');
  await services.dispatch('experts.import', { path: `/secret/${nasty}` }).catch(() => undefined);
  await train(services, nasty);
  const { text } = await services.call('app.diagnostics', {});
  expect(text).toMatch(/experts\.import \[bad-input\]/);
  expect(text).toMatch(/device: cpu/);
  for (const secret of ['secret', 'drop table', nasty, home.home]) expect(text).not.toContain(secret);
  expect(await services.call('app.info', {})).toMatchObject({ shell: 'test', device: 'cpu', cpuThreads: 2, engine: { state: 'ready' } });
  await services.close();
  expect((await home.services().dispatch('settings.get', {}) as SettingsDto).theme).toBe('dark');
  expect(readFileSync(join(home.home, 'logs', 'singular.log'), 'utf8')).not.toContain('secret');
});
