/**
 * A search on tiny-llama with the real engine: the whole command killed in the middle of one generation, the engine in
 * the middle of another. Taken up again, it loses only the generation in flight and ends with the same α, to the bit.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { quickSearch } from '../../src/shared/adaptation.ts';
import { quickPreset } from '../../src/shared/training.ts';
import { createServices, type Services } from '../../src/main/services/index.ts';

const entry = fileURLToPath(new URL('../../src/main/cli/main.ts', import.meta.url));
let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'singular-search-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open = (): Services => createServices({ shell: 'cli', home: join(folder, 'home'), engine: { restartDelayMs: 10 } });

function ended(services: Services, jobId: string): Promise<void> {
  return new Promise((resolve, reject) => services.on('job.changed', (job) => {
    if (job.id !== jobId) return;
    if (job.state === 'succeeded') resolve();
    else if (job.state === 'failed' || job.state === 'cancelled') reject(new Error(job.error?.message ?? job.state));
  }));
}

async function trained(services: Services, name: string, seed: number): Promise<string> {
  const datasetId = (await services.call('datasets.list', {})).find((dataset) => dataset.name === 'math')?.id ?? '';
  const { jobId, runId } = await services.call('train.start', {
    modelId: 'tiny-llama', raw: false, datasetId, grader: 'number', name, preset: 'custom', tags: [],
    config: { ...quickPreset, seed, steps: 1, batchSize: 8, maxTokens: 8, validationRows: 4, testRows: 4, validateEvery: 1 },
  });
  await ended(services, jobId);
  return (await services.call('runs.get', { id: runId })).expertId ?? '';
}

/** The command as a person runs it, killed when it has told its first generation. */
async function killedCommand(words: string[]): Promise<void> {
  const command = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry, '--home', join(folder, 'home'), '--json', ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(command, 'exit');
  for await (const line of createInterface({ input: command.stdout })) if (line.includes('"event":"generation"')) break;
  command.kill('SIGKILL');
  await gone;
}

/** All that was found; seconds are the clock's. */
async function numbers(services: Services, id: string): Promise<object> {
  const { generations, chosen, finalists, test: score, start, rowsUsed, stopped, budget } = await services.call('searches.get', { id });
  return { generations: generations.map(({ seconds: _seconds, ...generation }) => generation), chosen, finalists, score, start, rowsUsed, stopped, answers: budget?.answers, answerTokens: budget?.answerTokens };
}

test('the command killed in one generation and the engine in another change nothing but the time it takes', async () => {
  let services = open();
  await services.ready();
  const expertIds = [await trained(services, 'one', 1), await trained(services, 'two', 2)];
  const datasetId = (await services.call('datasets.list', {})).find((dataset) => dataset.name === 'math-hard')?.id ?? '';
  // more generations than are waited for: on a busy machine a kill comes late
  const config = { ...quickSearch, generations: 8, population: 8, examples: 4, selectionRows: 4, testRows: 4, maxTokens: 48, patience: 0, temperature: 0.7, seed: 3 };
  const input = { modelId: 'tiny-llama', raw: false, datasetId, grader: 'number', expertIds, name: 'found', config };
  const quiet = await services.call('searches.start', input);
  await ended(services, quiet.jobId);
  const undisturbed = await numbers(services, quiet.searchId);

  await services.close();

  await killedCommand(['adapt', '--model', 'tiny-llama', '--data', 'math-hard', '--grader', 'number', '--experts', 'one,two', '--name', 'found', ...Object.entries(config).flatMap(([key, value]) => ['--set', `${key}=${value}`])]);
  services = open();
  const [{ id: searchId, jobId, state }] = (await services.call('searches.list', { offset: 0, limit: 1 })).searches;
  expect([searchId === quiet.searchId, state]).toEqual([false, 'interrupted']);
  let deaths = 0;
  services.on('search.generation', () => {
    const { pid } = services.engine.state;
    if (deaths > 0 || pid === undefined) return;
    deaths++;
    process.kill(pid, 'SIGKILL');
  });
  const end = ended(services, jobId);
  await services.call('jobs.resume', { id: jobId });
  await end;
  expect(deaths).toBe(1);
  expect(await numbers(services, searchId)).toEqual(undisturbed);
  await services.close();
});
