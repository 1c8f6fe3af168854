import { describe, expect, it } from 'vitest';
import type { Bridge, CallName, DatasetDto, InspectionDto, ModelDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import { joinGrader, splitGrader } from './grader.ts';
import { asKind, withRole } from './roles.ts';
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
    expect([setup.grader, setup.name, setup.facts?.rows]).toEqual(['number', 'units', 477]);
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
    setup.grader = joinGrader('contains', ' dog');
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

describe('graders and roles', () => {
  it('keep their text, and are empty while it is missing', () => {
    expect(splitGrader('contains: dog: brown')).toEqual({ kind: 'contains', text: ' dog: brown' });
    expect(splitGrader('something')).toEqual({ kind: null, text: '' });
    expect(joinGrader('contains', '')).toBe('');
    expect(joinGrader('number', 'left over')).toBe('number');
  });

  it('drop columns that another way of reading does not have', () => {
    const alpaca = { kind: 'alpaca', prompt: 'instruction', input: 'input', answer: 'output' } as const;
    expect(asKind(alpaca, 'prompt-only')).toEqual({ kind: 'prompt-only', prompt: 'instruction' });
    expect(withRole(alpaca, 'input', '')).toEqual({ kind: 'alpaca', prompt: 'instruction', answer: 'output' });
  });
});
