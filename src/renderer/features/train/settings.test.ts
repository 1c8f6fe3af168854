import { describe, expect, it } from 'vitest';
import { presets, quickPreset, trainingConfigSchema } from '../../../shared/training.ts';
import { applies, basicSettings, chosenLayers, faultOf, faultsBetween, parseList, settingGroups, type SettingKey } from './settings.ts';
import { estimateCost, rowShares } from './cost.ts';

describe('the list of settings', () => {
  const keys = settingGroups.flatMap((group) => group.settings.map((setting) => setting.key));

  it('shows every key of the configuration once, each with its description', () => {
    expect([...keys].sort()).toEqual(Object.keys(trainingConfigSchema.shape).sort());
    for (const group of settingGroups) for (const setting of group.settings) expect(setting.description, setting.key).not.toBe('');
  });

  it('offers exactly the options that the schema allows', () => {
    for (const { key, control } of settingGroups.flatMap((group) => group.settings)) {
      if (control.kind !== 'choice') continue;
      for (const option of control.options) expect(faultOf(key, option.value)).toBeNull();
      expect(faultOf(key, 'something else')).not.toBeNull();
    }
  });

  it('finds no fault in the presets', () => {
    for (const preset of Object.values(presets)) {
      for (const key of Object.keys(preset) as SettingKey[]) expect(faultOf(key, preset[key])).toBeNull();
      expect(faultsBetween(preset)).toEqual({});
    }
  });
});

describe('a wrong value', () => {
  it('gets a short sentence', () => {
    expect(faultOf('steps', 0)).toBe('At least 1.');
    expect(faultOf('steps', 2.5)).toBe('A whole number is needed.');
    expect(faultOf('learningRate', 0)).toBe('Must be more than 0.');
    expect(faultOf('learningRate', Number.NaN)).toBe('A number is needed.');
    expect(faultOf('layers', [0, 9], 6)).toContain('no layer 9');
  });

  it('is found between settings too', () => {
    expect(faultsBetween({ ...quickPreset, baseline: 'leave-one-out', samplesPerPrompt: 1 }).samplesPerPrompt).toContain('at least two');
    expect(faultsBetween({ ...quickPreset, batchSize: 64, samplesPerPrompt: 5 }).samplesPerPrompt).toContain('divide');
    expect(faultsBetween({ ...quickPreset, temperature: 0 }).temperature).toBeDefined();
  });
});

describe('settings that do nothing', () => {
  it('are not shown: rank belongs to LoRA and DoRA, the parametrisation to SVF, sampling to policy gradient', () => {
    expect([applies('rank', quickPreset), applies('parametrisation', quickPreset)]).toEqual([false, true]);
    expect([applies('rank', { ...quickPreset, method: 'dora' }), applies('parametrisation', { ...quickPreset, method: 'ia3' })]).toEqual([true, false]);
    expect(applies('temperature', { ...quickPreset, objective: 'next-token' })).toBe(false);
    expect(applies('klCoefficient', { ...quickPreset, klSweep: [0, 0.1] })).toBe(false);
  });
  it('cannot be wrong either', () => expect(faultsBetween({ ...quickPreset, objective: 'next-token', temperature: 0, batchSize: 64, samplesPerPrompt: 5 })).toEqual({}));
  it('leave few at first sight', () => expect(basicSettings.settings.length).toBeLessThanOrEqual(6));
});

describe('combinations', () => {
  it('that cannot work are explained at their field', () => {
    expect(faultsBetween({ ...quickPreset, baseline: 'group' }).samplesPerPrompt).toContain('at least two');
    expect(faultsBetween({ ...quickPreset, objective: 'next-token' }, { references: false }).objective).toContain('reference answers');
    expect(faultsBetween({ ...quickPreset, klSweep: [0.1, 0.1] }).klSweep).toBeDefined();
    expect(faultsBetween({ ...quickPreset, method: 'lora', rank: 300 }, undefined, 256).rank).toContain('256');
    expect(faultsBetween({ ...quickPreset, rank: 300 }, undefined, 256).rank).toBeUndefined();
  });
});

describe('layers and lists', () => {
  it('are chosen by name or one by one', () => {
    expect(chosenLayers('all', 3)).toEqual([0, 1, 2]);
    expect(chosenLayers('every-second', 5)).toEqual([0, 2, 4]);
    expect([...chosenLayers('first-half', 6), ...chosenLayers('last-half', 6)]).toEqual([0, 1, 2, 3, 4, 5]);
    expect(chosenLayers([1, 9], 6)).toEqual([1]);
  });
  it('are read from text', () => {
    expect(parseList('0, 0.1 0.2;0.3')).toEqual([0, 0.1, 0.2, 0.3]);
    expect(parseList(' ')).toEqual([]);
    expect(parseList('0.1, many')).toBeNull();
  });
});

describe('which rows are used', () => {
  it('never share a row, and are the task’s own where its rows are named', () => {
    const own = { train: 2000, validation: 200, test: 600, unassigned: 0 };
    expect(rowShares({ ...quickPreset, testRows: 400 }, own)).toMatchObject({ train: { rows: 2000 }, validation: { rows: 200 }, test: { rows: 400, from: 'the task’s own' } });
    const none = rowShares({ ...quickPreset, validationShare: 0.5, testShare: 0.2, testRows: 600 }, { train: 0, validation: 0, test: 0, unassigned: 100 });
    expect([none.train.rows, none.validation.rows, none.test.rows]).toEqual([40, 40, 20]);
    expect(rowShares({ ...quickPreset, testShare: 0 }, { train: 0, validation: 0, test: 0, unassigned: 100 })).toMatchObject({ train: { rows: 75 }, validation: { rows: 25 }, test: { rows: 0 } });
  });
});

describe('the cost', () => {
  const run = { name: 'first', modelId: 'm', state: 'succeeded' as const, seconds: 100, config: quickPreset, createdAt: 1 };
  const splits = { train: 0, validation: 0, test: 0, unassigned: 40 };

  it('counts what is sampled, for every repetition and λ', () => {
    const config = { ...quickPreset, steps: 10, batchSize: 8, maxTokens: 16, validateEvery: 5, validationShare: 0.25, testShare: 0, validationRows: 64, validationTemperature: 0 };
    const cost = estimateCost(config, splits, 'm', []);
    expect(cost).toMatchObject({ answers: 80, trials: 1, rows: { train: { rows: 30 }, validation: { rows: 10 } }, secondsAtMost: null, judgedBy: null });
    expect(cost.tokensAtMost).toBe(10 * 8 * 16 + 3 * 10 * 16);
    expect(cost.passes).toBeCloseTo(80 / 30);
    expect(estimateCost({ ...config, seeds: 3, klSweep: [0, 0.1] }, splits, 'm', [])).toMatchObject({ answers: 480, trials: 6, tokensAtMost: 6 * cost.tokensAtMost });
  });

  it('judges time by the last finished run on the same model with the same objective only', () => {
    expect(estimateCost(quickPreset, { ...splits, unassigned: 4000 }, 'm', [run]).secondsAtMost).toBeCloseTo(100);
    expect(estimateCost({ ...quickPreset, maxTokens: 128 }, splits, 'm', [run]).secondsAtMost).toBeCloseTo(200);
    expect(estimateCost(quickPreset, splits, 'other', [run]).secondsAtMost).toBeNull();
    expect(estimateCost({ ...quickPreset, objective: 'next-token' }, splits, 'm', [run]).secondsAtMost).toBeNull();
    expect(estimateCost(quickPreset, splits, 'm', [{ ...run, state: 'failed' }]).secondsAtMost).toBeNull();
  });
});
