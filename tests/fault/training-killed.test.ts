/**
 * The real engine killed at several moments of a real training: the application goes on, the job resumes from its last
 * checkpoint, and every number equals that of an undisturbed run with the same seed.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DatasetDto, ModelDto, RunDto, ZMapDto } from '../../src/shared/contract.ts';
import { quickPreset } from '../../src/shared/training.ts';
import { createServices, type Services } from '../../src/main/services/index.ts';

const stories = fileURLToPath(new URL('../../../shared/models/stories260K', import.meta.url));
let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'singular-fault-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Trained { run: RunDto; z: ZMapDto }

/** Trains in a home of its own; `disturb` sees every step as it is recorded. */
async function train(home: string, disturb: (services: Services, step: number) => void): Promise<Trained> {
  const services = createServices({ shell: 'cli', home: join(folder, home), nativeModels: join(folder, 'none'), engine: { restartDelayMs: 10 } });
  try {
    const data = join(folder, 'openings.jsonl');
    writeFileSync(data, ['Tim', 'Lily', 'Tom', 'Sue', 'Ben', 'Mia', 'Max', 'Ann'].map((name) => JSON.stringify({ prompt: `One day, ${name} saw` })).join('\n'));
    const model = await services.dispatch('models.addFolder', { folder: stories }) as ModelDto;
    const dataset = await services.dispatch('datasets.import', { path: data, name: 'openings', mapping: { kind: 'prompt-only', prompt: 'prompt' } }) as DatasetDto;
    services.on('run.step', ({ metric }) => disturb(services, metric.step));
    const config = { ...quickPreset, steps: 16, batchSize: 8, maxTokens: 12, validationRows: 8, validateEvery: 2, checkpointEvery: 2, seed: 7 };
    const ended = new Promise<void>((resolve, reject) => services.on('job.changed', (job) => {
      if (job.kind !== 'train') return;
      if (job.state === 'succeeded') resolve();
      else if (job.state === 'failed' || job.state === 'cancelled') reject(new Error(job.error?.message ?? job.state));
    }));
    const { runId } = await services.dispatch('train.start', { modelId: model.id, raw: true, datasetId: dataset.id, grader: 'contains: a', name: 'x', preset: 'custom', config }) as { runId: string };
    await ended;
    const run = await services.call('runs.get', { id: runId });
    return { run, z: await services.call('experts.zmap', { id: run.expertId ?? '', bins: 512 }) };
  } finally {
    await services.close();
  }
}

/** Everything but the time it took. */
const numbers = ({ run, z }: Trained) => ({
  steps: run.steps.map(({ seconds: _seconds, tokensPerSecond: _speed, ...metric }) => metric),
  validations: run.validations, samples: run.lastSamples, baseScore: run.baseScore, bestScore: run.bestScore, bestStep: run.bestStep, gain: run.gain, z,
});

test('the engine killed at three moments of a training changes nothing but the time it takes', async (context) => {
  context.skip(!existsSync(stories), '../shared/models/stories260K is not here');
  const undisturbed = await train('quiet', () => undefined);
  expect(undisturbed.run.steps).toHaveLength(16);
  // at steps 1, 4 and 7, or later where the machine is busy; each time another process
  const killed = new Set<number>();
  let last = -2;
  const disturbed = await train('killed', (services, step) => {
    const { pid } = services.engine.state;
    if (pid === undefined || killed.has(pid) || killed.size === 3 || step < last + 3) return;
    killed.add(pid);
    last = step;
    process.kill(pid, 'SIGKILL');
  });
  expect(killed.size).toBe(3);
  expect(numbers(disturbed)).toEqual(numbers(undisturbed));
});
