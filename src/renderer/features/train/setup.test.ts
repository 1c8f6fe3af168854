import { describe, expect, it } from 'vitest';
import type { Bridge, CallName, DatasetDto, InspectionDto, ModelDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import type { TaskDto } from '../../../shared/task.ts';
import { joinGrader } from '../../tasks/grader.ts';
import { TrainSetup } from './setup.svelte.ts';

const model: ModelDto = { id: 'm', name: 'tiny', source: 'bundled', folder: '', layers: 6, hasChatTemplate: true, svd: { state: 'ready' } };
const inspection = (fileName: string): InspectionDto => ({
  path: `/uploads/${fileName}`, fileName, format: 'jsonl', rows: 477, sizeBytes: 1, columns: [{ name: 'question', type: 'text', example: '' }, { name: 'answer', type: 'text', example: '' }],
  recognisedAs: 'GSM8K', mapping: { kind: 'prompt-answer', prompt: 'question', answer: 'answer' }, suggestedGrader: 'number', unusable: [], unusableCount: 3,
});
const dataset: DatasetDto = { id: 'd', name: 'math', source: 'bundled', fileName: 'math.jsonl', rows: 2400, unusable: 0, hash: 'h', columns: ['prompt', 'answer'], mapping: { kind: 'prompt-answer', prompt: 'prompt', answer: 'answer' }, suggestedGrader: 'number', createdAt: 0, description: '', splits: { train: 0, validation: 0, test: 0, unassigned: 2400 } };

function services(inspect: (path: string) => Promise<InspectionDto>) {
  const calls: { name: CallName; input: Record<string, unknown> }[] = [];
  const bridge = {
    call: async (name: CallName, input: Record<string, unknown>) => {
      calls.push({ name, input });
      if (name === 'datasets.inspect') return inspect(String(input['path']));
      if (name === 'datasets.import') return { ...dataset, id: 'imported' };
      if (name === 'train.start') return { jobId: 'j', runId: 'r' };
      return null;
    },
    on: () => () => undefined,
    pathOf: async (file: File) => `/uploads/${file.name}`,
  } as unknown as Bridge;
  return { bridge, calls };
}
const file = (name: string): File => new File(['{}'], name);

describe('a training being set up', () => {
  it('takes what a dropped file suggests, and imports it only when it starts', async () => {
    const { bridge, calls } = services(async () => inspection('units.jsonl'));
    const setup = new TrainSetup(bridge);
    setup.model = model;
    await setup.takeFile(file('units.jsonl'));
    expect([setup.task.grader, setup.name, setup.facts?.rows]).toEqual(['number', 'units', 477]);
    expect(setup.missing).toEqual([]);
    expect(calls.map((call) => call.name)).toEqual(['datasets.inspect']);
    setup.set('steps', 10);
    expect(await setup.start()).toBe('r');
    expect(calls.slice(1).map((call) => call.name)).toEqual(['datasets.import', 'train.start']);
    expect(calls[2]?.input).toMatchObject({ datasetId: 'imported', preset: 'custom', grader: 'number', config: { steps: 10 } });
  });

  it('keeps a typed name and a contains grader to the letter', async () => {
    const { bridge, calls } = services(async () => inspection('units.jsonl'));
    const setup = new TrainSetup(bridge);
    setup.model = model;
    setup.name = 'mine';
    setup.nameTyped = true;
    setup.takeDataset(dataset);
    setup.task.grader = joinGrader('contains', ' dog');
    await setup.start();
    expect(calls.at(-1)?.input).toMatchObject({ name: 'mine', grader: 'contains: dog', preset: 'quick', datasetId: 'd' });
  });

  it('shows the refusal of a bad file and starts nothing', async () => {
    const { bridge, calls } = services(async () => { throw new SingularError('bad-input', 'bad.jsonl, row 3: not a JSON object.'); });
    const setup = new TrainSetup(bridge);
    setup.model = model;
    await setup.takeFile(file('bad.jsonl'));
    expect(setup.error).toMatchObject({ code: 'bad-input' });
    expect(setup.busy).toBeNull();
    expect(await setup.start()).toBeNull();
    expect(calls.some((call) => call.name === 'train.start')).toBe(false);
  });

  it('drops the late reply about a file that another one replaced', async () => {
    let answerFirst = (_: InspectionDto): void => undefined;
    const { bridge } = services((path) => (path.endsWith('first.jsonl') ? new Promise((resolve) => (answerFirst = resolve)) : Promise.resolve(inspection('second.jsonl'))));
    const setup = new TrainSetup(bridge);
    const first = setup.takeFile(file('first.jsonl'));
    await Promise.resolve();
    await setup.takeFile(file('second.jsonl'));
    answerFirst(inspection('first.jsonl'));
    await first;
    expect(setup.facts?.name).toBe('second.jsonl');
    expect(setup.busy).toBeNull();
  });

  it('starts a stored task as it is, follows it to other rows, and brings a file in before its task is stored', async () => {
    const { bridge, calls } = services(async () => inspection('units.jsonl'));
    const setup = new TrainSetup(bridge);
    setup.model = model;
    const splits = { by: 'shares', validation: 0.25, test: 0.5, seed: 0 } as const;
    const task: TaskDto = { id: 't', name: 'sums', source: 'saved', datasetId: 'd', datasetName: 'math', rows: 2400, grader: 'exact', raw: false, mapping: { ...dataset.mapping, template: 'Q: {prompt}' }, splits, createdAt: 0, updatedAt: 0 };
    setup.takeDataset(dataset, task);
    expect([setup.name, setup.facts?.splits, setup.task.changed]).toEqual(['sums', { train: 600, validation: 600, test: 1200, unassigned: 0 }, false]);
    await setup.start();
    expect(calls.at(-1)?.input).toMatchObject({ taskId: 't', datasetId: 'd', grader: 'exact', splits, mapping: task.mapping });

    setup.task.choose({ ...task, id: 'u', name: 'others', datasetId: 'e' });
    setup.follow([dataset, { ...dataset, id: 'e', rows: 10, splits: { train: 10, validation: 0, test: 0, unassigned: 0 } }]);
    expect([setup.facts?.rows, setup.name]).toEqual([10, 'others']);

    await setup.takeFile(file('units.jsonl'));
    expect(setup.task.named).toBeNull();
    await setup.remap({ kind: 'prompt-only', prompt: 'question', template: 'Q: {prompt}' });
    await setup.keepRows();
    expect(calls.at(-1)).toMatchObject({ name: 'datasets.import', input: { name: 'units', mapping: { template: 'Q: {prompt}' } } });
    expect(setup.task.named).toMatchObject({ datasetId: 'imported', grader: 'number', mapping: { template: 'Q: {prompt}' } });
  });

  it('starts an adapter with a step that suits it, unless the person set one', () => {
    const setup = new TrainSetup(services(async () => inspection('x')).bridge);
    setup.chooseMethod('lora');
    expect(setup.config.learningRate).toBeLessThanOrEqual(2e-3);
    setup.chooseMethod('svf');
    expect(setup.changedKeys).toEqual([]);
    setup.set('learningRate', 0.01);
    setup.chooseMethod('ia3');
    expect(setup.config.learningRate).toBe(0.01);
  });

  it('says in words what is still needed', () => {
    const setup = new TrainSetup(services(async () => inspection('x')).bridge);
    expect(setup.missing).toEqual(['rows to train on', 'a model']);
    setup.takeDataset(dataset);
    setup.model = { ...model, hasChatTemplate: false };
    expect(setup.isRaw).toBe(true);
    setup.set('steps', 0);
    setup.drafts.temperature = 'warm';
    expect(setup.missing).toEqual(['3 settings to correct']);
    setup.choosePreset('quick');
    expect(setup.missing).toEqual([]);
  });
});

