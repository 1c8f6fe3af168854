import { describe, expect, it } from 'vitest';
import type { Bridge, CallName, ComparisonCellDto, ComparisonDetailDto, ComparisonSummaryDto } from '../../../shared/contract.ts';
import { comparisonPlanSchema } from '../../../shared/comparison.ts';
import { toCsv } from '../../charts/figure/table.ts';
import { ComparisonDraft } from './draft.svelte.ts';
import { expertPresets, methodPresets, planMethod, strategyPresets, taughtBy } from './presets.ts';
import { allGroups, groupsOf, summaryTable, waitingOf } from './results.ts';

function services(check: () => Promise<unknown> = async () => ({ cells: 1, trainings: [] })) {
  const calls: { name: CallName; input: { plan?: unknown } }[] = [];
  const bridge = {
    call: async (name: CallName, input: { plan?: unknown }) => {
      calls.push({ name, input });
      return name === 'comparisons.check' ? check() : { id: 'c', jobId: 'j' };
    },
  } as unknown as Bridge;
  return { bridge, calls };
}
const known = { models: [{ id: 'm1', name: 'tiny' }], datasets: [{ id: 'd1', name: 'math' }], tasks: [{ id: 't1', name: 'sums' }] };

describe('the methods that are offered', () => {
  it('are plans as the schema wants them, each under a name of its own, strategies too', () => {
    expect(() => comparisonPlanSchema.parse({ name: 'p', models: ['m'], tasks: [{ dataset: 'd' }], methods: [...methodPresets.map(planMethod), ...strategyPresets, ...expertPresets(['math', 'code'])], experts: { comparison: 'c', method: 'x' }, seeds: [0] })).not.toThrow();
    expect(() => comparisonPlanSchema.parse({ name: 'p', models: ['m'], tasks: [{ dataset: 'd' }], methods: methodPresets.map(planMethod), seeds: [0] })).not.toThrow();
  });
});

describe('each expert alone', () => {
  it('is offered for every task that the chosen method trained an expert of', () => {
    const table = [{ method: 'SVF', task: 'math', expertId: 'a' }, { method: 'SVF', task: 'code', expertId: 'b' }, { method: 'SVF', task: 'math', expertId: 'c' }, { method: 'SVF', task: 'failed' }, { method: 'LoRA', task: 'other', expertId: 'd' }];
    expect(expertPresets(taughtBy(table, 'SVF'))).toEqual([{ name: 'Expert of math', strategy: { kind: 'expert', task: 'math' } }, { name: 'Expert of code', strategy: { kind: 'expert', task: 'code' } }]);
  });
});

describe('a comparison being put together', () => {
  function filled(bridge: Bridge): ComparisonDraft {
    const draft = new ComparisonDraft(bridge);
    draft.name = ' Mine ';
    draft.toggleModel('m1');
    draft.toggleTask('sums');
    return draft;
  }

  it('is a plan once nothing is missing, and says what is', () => {
    const { bridge } = services();
    expect(new ComparisonDraft(bridge).missing).toEqual(['a model', 'a task', 'a name']);
    const draft = filled(bridge);
    draft.firstSeed = 5;
    draft.setSeeds(2);
    draft.shared.steps = 10;
    expect(draft.plan).toMatchObject({ name: 'Mine', models: ['m1'], tasks: ['sums'], seeds: [5, 6], set: { steps: 10 } });
    for (const method of [...draft.methods]) draft.toggleMethod(method);
    expect(draft.missing).toEqual(['a method']);
    expect(draft.plan).toBeNull();
  });

  it('opens a plan file whole: odd seeds, presets of its own and settings without a field are kept', () => {
    const { bridge } = services();
    const draft = new ComparisonDraft(bridge);
    const plan = { name: 'p', models: ['tiny'], tasks: [{ dataset: 'math', raw: true }, 't1', 'unknown'], methods: [{ name: 'a', preset: 'paper' }, { name: 'b', preset: 'quick', set: { rank: 8 } }], seeds: [1, 7], set: { steps: 3, temperature: 0.7 } };
    draft.open('plan.json', JSON.stringify(plan), known);
    expect(draft.plan).toMatchObject({ models: ['m1'], tasks: [{ dataset: 'd1', raw: true }, 'sums', 'unknown'], methods: [{ name: 'a', preset: 'paper' }, { name: 'b', preset: 'quick', set: { rank: 8 } }], seeds: [1, 7], set: { steps: 3, temperature: 0.7 } });
  });

  it('needs to know whose experts its strategies use, and opens a plan of strategies alone', () => {
    const draft = filled(services().bridge);
    for (const method of [...draft.methods]) draft.toggleMethod(method);
    draft.toggleMethod(strategyPresets[0]);
    expect(draft.missing).toEqual(['whose experts the strategies use']);
    draft.experts = { comparison: 'c', method: 'SVF, both' };
    expect(comparisonPlanSchema.parse(draft.plan)).toMatchObject({ experts: { comparison: 'c', method: 'SVF, both' }, methods: [strategyPresets[0]] });
    const again = new ComparisonDraft(services().bridge);
    again.open('plan.json', JSON.stringify(draft.plan), known);
    expect(again.plan).toEqual(draft.plan);
    again.toggleMethod(strategyPresets[0]);
    again.toggleMethod(planMethod(methodPresets[0]));
    expect(again.plan).not.toHaveProperty('experts');
  });

  it('refuses a file that is no plan as bad input, by its name, with the place, and changes nothing', () => {
    const draft = filled(services().bridge);
    const refusal = (text: string): unknown => {
      try {
        draft.open('notes.json', text, known);
        return null;
      } catch (error) {
        return error;
      }
    };
    expect(refusal('{"name":"x","models":[],"tasks":[],"methods":[],"seeds":[]}')).toMatchObject({ code: 'bad-input', message: expect.stringMatching(/^notes\.json is no plan of a comparison: models: /) });
    expect(refusal('not json')).toMatchObject({ code: 'bad-input', message: expect.stringMatching(/^notes\.json is not JSON: /) });
    expect(draft.name).toBe(' Mine ');
  });

  it('shows the check of the present plan, never of an older one', async () => {
    const answers: ((value: unknown) => void)[] = [];
    const draft = filled(services(() => new Promise((resolve) => answers.push(resolve))).bridge);
    const first = draft.check();
    draft.setSeeds(1);
    const second = draft.check();
    answers[1]?.({ cells: 4, trainings: [] });
    answers[0]?.({ cells: 12, trainings: [] });
    await Promise.all([first, second]);
    expect(draft.checked?.cells).toBe(4);
  });
});

const interval = (mean: number) => ({ mean, low: mean - 0.02, high: mean + 0.02 });
const row = (method: string | null, gain: number, more: Partial<ComparisonSummaryDto> = {}): ComparisonSummaryDto => ({ modelName: 'tiny', task: 'math', method, seeds: 2, score: interval(0.5 + gain), ...(method === null ? {} : { gain: interval(gain) }), normalised: (0.5 + gain) / 0.5, trainableParameters: 10, seconds: 3, peakMemoryBytes: 5, ...more });
const cell = (index: number, method: string, state: ComparisonCellDto['state'], task = 'math'): ComparisonCellDto => ({ index, modelId: 'm', modelName: 'tiny', task, datasetId: 'd', method, seed: index, state });

describe('the table of a comparison', () => {
  const detail = {
    plan: { methods: [{ name: 'a' }, { name: 'b' }, { name: 'c, d' }] },
    summary: [row('b', 0.1, { seconds: 9 }), row(null, 0), row('a', -0.1)],
    table: [cell(0, 'a', 'done'), cell(1, 'b', 'done'), cell(2, 'c, d', 'failed'), cell(3, 'a', 'waiting', 'code')],
  } as unknown as ComparisonDetailDto;

  it('keeps the base first in every order', () => {
    expect(groupsOf(detail, 'plan')[0].rows.map(({ method }) => method)).toEqual([null, 'a', 'b']);
    expect(groupsOf(detail, 'gain')[0].rows.map(({ method }) => method)).toEqual([null, 'b', 'a']);
    expect(groupsOf(detail, 'seconds')[0].rows.map(({ method }) => method)).toEqual([null, 'a', 'b']);
  });
  it('shows what is not done yet too: methods, and whole tasks', () => {
    const groups = allGroups(detail, 'plan');
    expect(groups.map(({ task }) => task)).toEqual(['math', 'code']);
    expect(waitingOf(detail, groups[0]).map(({ method }) => method)).toEqual(['c, d']);
    expect(waitingOf(detail, groups[1]).map(({ method }) => method)).toEqual(['a']);
  });
  it('is a file in the units of its headings, and nothing invented for the base', () => {
    const lines = toCsv(summaryTable(groupsOf(detail, 'plan'))).trimEnd().split('\r\n');
    expect(lines).toHaveLength(4);
    expect(lines[1]).toBe('tiny,math,Base model,2,50,48,52,1,,,,,,');
  });
  it('has no figure for memory that was not measured, and puts it last', () => {
    const groups = groupsOf({ ...detail, summary: [row(null, 0), row('a', 0.1, { peakMemoryBytes: 0 }), row('b', 0.2)] }, 'memory');
    expect(groups[0].rows.map(({ method }) => method)).toEqual([null, 'b', 'a']);
    expect(toCsv(summaryTable(groups)).trimEnd().split('\r\n').map((line) => line.split(',').at(-1)).slice(1)).toEqual(['', '5', '']);
  });
});
