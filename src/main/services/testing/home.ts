import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { comparisonPlanSchema, type ComparisonPlan } from '../../../shared/comparison.ts';
import type { EventName, Events, JobDto } from '../../../shared/contract.ts';
import { quickPreset, type TrainingConfig } from '../../../shared/training.ts';
import { childEngine, Fixture } from '../../engine/testing/fixture.ts';
import { createServices, type ServiceOptions, type Services } from '../index.ts';

/** Services over a fresh home with one model, one dataset, questions for no expert, and the child engine. */
export class Home extends Fixture {
  readonly home = this.path('home');
  readonly nativeModels = this.path('native');

  constructor() {
    super();
    mkdirSync(join(this.nativeModels, 'toy'), { recursive: true });
    writeFileSync(join(this.nativeModels, 'toy', 'config.json'), '{}');
    this.rows('native/rows.jsonl', 20);
    this.rows('native/test.jsonl', 5, 100);
    const questions = (name: string, of: readonly number[]): string => this.write(`native/${name}`, of.map((expert, row) => JSON.stringify({ prompt: `${row} of ${name}: for expert ${expert}` })).join('\n'));
    questions('everyday-train.jsonl', Array.from({ length: 9 }, () => 8));
    // the last one looks like the first expert's
    questions('everyday-test.jsonl', [8, 8, 0]);
    writeFileSync(join(this.nativeModels, 'index.json'), JSON.stringify({
      others: { name: 'everyday', grader: 'contains:', mapping: { kind: 'prompt-only', prompt: 'prompt' }, files: { train: 'everyday-train.jsonl', test: 'everyday-test.jsonl' } },
      models: [{ id: 'toy', folder: 'toy', license: 'MIT', datasets: [{ name: 'sums', description: 'Sums.', grader: 'exact', files: { train: 'rows.jsonl', test: 'test.jsonl' } }] }],
    }));
  }

  rows(name: string, count: number, first = 0): string {
    return this.write(name, Array.from({ length: count }, (_, index) => first + index).map((row) => JSON.stringify({ prompt: `${row}+1=`, answer: String(row + 1) })).join('\n'));
  }

  services(options: Partial<ServiceOptions> = {}, env: Record<string, string> = {}): Services {
    const services = createServices({
      shell: 'test', home: this.home, engineEntry: childEngine, nativeModels: this.nativeModels, env: {}, platform: 'linux',
      engine: { restartDelayMs: 5, env }, ...options,
    });
    this.after(() => services.close());
    return services;
  }
}

export const config = (changes: Partial<TrainingConfig> = {}): TrainingConfig => ({ ...quickPreset, steps: 12, checkpointEvery: 3, validateEvery: 2, ...changes });

export function nextEvent<E extends EventName>(services: Services, event: E, which: (payload: Events[E]) => boolean): Promise<Events[E]> {
  return new Promise((resolve) => {
    const off = services.on(event, (payload) => {
      if (!which(payload)) return;
      off();
      resolve(payload);
    });
  });
}

export async function jobInState(services: Services, id: string, states: readonly JobDto['state'][]): Promise<JobDto> {
  const hoped = nextEvent(services, 'job.changed', (job) => job.id === id && states.includes(job.state));
  const now = (await services.call('jobs.list', { offset: 0, limit: 500 })).find((job) => job.id === id);
  return now && states.includes(now.state) ? now : hoped;
}

export const ended = (services: Services, id: string): Promise<JobDto> => jobInState(services, id, ['succeeded', 'failed', 'cancelled']);

/** Starts a training on the bundled model and dataset. */
export async function startTraining(services: Services, changes: Partial<TrainingConfig> = {}, name = 'expert'): Promise<{ jobId: string; runId: string }> {
  await services.ready();
  const dataset = (await services.call('datasets.list', {})).find((candidate) => candidate.name === 'sums');
  if (!dataset) throw new Error('the bundled dataset is missing');
  return services.call('train.start', { modelId: 'toy', raw: true, datasetId: dataset.id, grader: 'exact', name, preset: 'custom', config: config(changes), tags: ['arith'] });
}

/** Two methods on the bundled model and dataset; `methods` and `seeds` may be other ones. */
export const plan = (changes: Partial<ComparisonPlan> = {}): ComparisonPlan => comparisonPlanSchema.parse({
  name: 'small', models: ['toy'], tasks: [{ dataset: 'sums', grader: 'exact', raw: true }],
  methods: [{ name: 'SVF' }, { name: 'LoRA', set: { method: 'lora' } }], seeds: [0], set: { steps: 8, checkpointEvery: 3, validateEvery: 2 }, ...changes,
});

/** Two experts' worth of datasets with questions that say whom they are for, and one more that is nobody's (see `childAdaptation.ts`). */
export async function importQuestions(services: Services, home: Home): Promise<void> {
  await services.ready();
  const mapping = { kind: 'prompt-answer' as const, prompt: 'prompt', answer: 'answer' };
  for (const [name, first] of [['one', 0], ['two', 1], ['other', 8]] as const) {
    const rows = Array.from({ length: 12 }, (_, row) => JSON.stringify({ prompt: `${row}: for expert ${first}`, answer: 'x', ...(row >= 9 && { split: 'test' }) }));
    await services.call('datasets.import', { path: home.write(`${name}.jsonl`, rows.join('\n')), name, mapping });
  }
}
