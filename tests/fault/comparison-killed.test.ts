/**
 * A comparison of SVF and LoRA on the real engine, killed three times: the whole command twice, the engine once.
 * Taken up again, every score and every step equals that of an undisturbed comparison.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { comparisonPlanSchema } from '../../src/shared/comparison.ts';
import type { ComparisonDetailDto, DatasetDto, ModelDto } from '../../src/shared/contract.ts';
import { createServices, type Services } from '../../src/main/services/index.ts';

const stories = fileURLToPath(new URL('../../../shared/models/stories260K', import.meta.url));
const entry = fileURLToPath(new URL('../../src/main/cli/main.ts', import.meta.url));
let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'singular-fault-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const plan = comparisonPlanSchema.parse({
  name: 'killed', models: ['stories260K'], tasks: [{ dataset: 'openings', grader: 'contains: a', raw: true }], seeds: [7],
  methods: [{ name: 'SVF' }, { name: 'LoRA', set: { method: 'lora', rank: 2, dropout: 0.2, learningRate: 0.01 } }],
  // many more steps than are waited for: on a busy machine a kill comes late
  set: { steps: 24, batchSize: 8, maxTokens: 12, validationRows: 8, testRows: 8, validateEvery: 4, checkpointEvery: 2 },
});

const open = (home: string): Services => createServices({ shell: 'cli', home: join(folder, home), engine: { restartDelayMs: 10 } });

async function prepare(home: string): Promise<void> {
  const data = join(folder, 'openings.jsonl');
  writeFileSync(data, ['Tim', 'Lily', 'Tom', 'Sue', 'Ben', 'Mia', 'Max', 'Ann'].map((name) => JSON.stringify({ prompt: `One day, ${name} saw` })).join('\n'));
  const services = open(home);
  await services.dispatch('models.addFolder', { folder: stories }) as ModelDto;
  await services.dispatch('datasets.import', { path: data, name: 'openings', mapping: { kind: 'prompt-only', prompt: 'prompt' } }) as DatasetDto;
  await services.close();
}

/** Starts or takes up the comparison of a home and waits for its end; then everything but the time it took. */
async function finish(home: string, disturb: (services: Services, step: number) => void = () => undefined): Promise<object> {
  const services = open(home);
  try {
    services.on('run.step', ({ metric }) => disturb(services, metric.step));
    const [known] = await services.call('comparisons.list', {});
    const ended = new Promise<void>((resolve, reject) => services.on('job.changed', (job) => {
      if (job.kind !== 'compare') return;
      if (job.state === 'succeeded') resolve();
      else if (job.state === 'failed' || job.state === 'cancelled') reject(new Error(job.error?.message ?? job.state));
    }));
    if (known) await services.call('jobs.resume', { id: known.jobId });
    const { id } = known ?? await services.call('comparisons.start', { plan });
    await ended;
    expect(await services.call('comparisons.list', {})).toHaveLength(1);
    return await numbers(services, await services.call('comparisons.get', { id }));
  } finally {
    await services.close();
  }
}

async function numbers(services: Services, { table, failed }: ComparisonDetailDto): Promise<object> {
  expect(failed).toBe(0);
  return Promise.all(table.map(async ({ runId, test: score, bestStep }) => {
    const run = await services.call('runs.get', { id: runId ?? '' });
    return { score, bestStep, validations: run.validations, samples: run.lastSamples, steps: run.steps.map(({ seconds: _seconds, tokensPerSecond: _speed, ...metric }) => metric) };
  }));
}

/** The command as a person runs it, killed when it has said something of this kind. */
async function killedCommand(file: string, when: RegExp): Promise<void> {
  const command = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry, '--home', join(folder, 'killed'), '--json', 'compare', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(command, 'exit');
  for await (const line of createInterface({ input: command.stdout })) if (when.test(line)) break;
  command.kill('SIGKILL');
  await gone;
}

test('the command killed twice and the engine once change nothing but the time it takes', async (context) => {
  context.skip(!existsSync(stories), '../shared/models/stories260K is not here');
  await prepare('quiet');
  await prepare('killed');
  const undisturbed = await finish('quiet');

  const file = join(folder, 'plan.json');
  writeFileSync(file, JSON.stringify(plan));
  await killedCommand(file, /"event":"progress"/);
  // the same command takes it up: there is no second comparison
  await killedCommand(file, /"event":"(progress|cell)"/);
  let deaths = 0;
  const disturbed = await finish('killed', (services, step) => {
    const { pid } = services.engine.state;
    // behind a checkpoint, so that a step is lost
    if (step % 2 === 0 || step === 1 || deaths > 0 || pid === undefined) return;
    deaths++;
    process.kill(pid, 'SIGKILL');
  });
  expect(deaths).toBe(1);
  expect(disturbed).toEqual(undisturbed);
});
