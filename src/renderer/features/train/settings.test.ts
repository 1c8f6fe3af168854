import { describe, expect, it } from 'vitest';
import { presets, quickPreset, trainingConfigSchema } from '../../../shared/training.ts';
import { faultOf, faultsBetween, formatLayers, parseLayers, settingGroups, type SettingKey } from './settings.ts';
import { estimateCost } from './cost.ts';

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

describe('layers', () => {
  it('are read as ranges and written back', () => {
    expect(parseLayers('0-3, 5')).toEqual([0, 1, 2, 3, 5]);
    expect(parseLayers(' ')).toBe('all');
    expect(parseLayers('3-1')).toBeNull();
    expect(parseLayers('a')).toBeNull();
    expect(formatLayers([0, 1, 2, 3, 5])).toBe('0–3, 5');
    expect(parseLayers(formatLayers([1, 2, 4, 7, 8]))).toEqual([1, 2, 4, 7, 8]);
  });
});

describe('the cost', () => {
  const run = { name: 'first', modelId: 'm', state: 'succeeded' as const, seconds: 100, config: quickPreset, createdAt: 1 };

  it('counts what is sampled', () => {
    const cost = estimateCost({ ...quickPreset, steps: 10, batchSize: 8, maxTokens: 16, validateEvery: 5, validationShare: 0.25, validationRows: 64, validationTemperature: 0 }, 40, 'm', []);
    expect(cost).toMatchObject({ answers: 80, trainRows: 30, validationRows: 10, secondsAtMost: null, judgedBy: null });
    expect(cost.tokensAtMost).toBe(10 * 8 * 16 + 3 * 10 * 16);
    expect(cost.passes).toBeCloseTo(80 / 30);
  });

  it('judges time by the last finished run on the same model only', () => {
    expect(estimateCost(quickPreset, 4000, 'm', [run]).secondsAtMost).toBeCloseTo(100);
    expect(estimateCost({ ...quickPreset, maxTokens: 128 }, 4000, 'm', [run]).secondsAtMost).toBeCloseTo(200);
    expect(estimateCost(quickPreset, 4000, 'other', [run]).secondsAtMost).toBeNull();
    expect(estimateCost(quickPreset, 4000, 'm', [{ ...run, state: 'failed' }]).secondsAtMost).toBeNull();
  });
});
