/** Every setting of a search, in plain words; what it is stands in the contract's schema. */
import { paperSearch, quickSearch, searchConfigSchema, type SearchConfig } from '../../../shared/adaptation.ts';
import { mixForms, type MixForm } from '../../../shared/mix.ts';
import { counted, formatSmall } from '../../format/index.ts';

export type SearchKey = keyof SearchConfig;
export type SearchControl = { kind: 'number'; whole: boolean; step: number; min: number; unit?: string } | { kind: 'switch' } | { kind: 'choice'; options: readonly { value: string; label: string; note?: string }[] };
export interface SearchSetting { key: SearchKey; label: string; description: string; control: SearchControl; applies?: (config: SearchConfig) => boolean }

const formWords: Record<MixForm, { label: string; note: string }> = {
  'base-anchored': { label: 'ways off the base', note: 'z′ = 1 + Σ α (z − 1)' },
  sum: { label: 'experts whole', note: 'z′ = Σ α z, the paper’s' },
};
const setting = (key: SearchKey, label: string, control: SearchControl, applies?: SearchSetting['applies']): SearchSetting => ({ key, label, control, description: searchConfigSchema.shape[key].description ?? '', ...(applies ? { applies } : {}) });
const whole = (unit?: string, min = 0, step = 1): SearchControl => ({ kind: 'number', whole: true, step, min, ...(unit ? { unit } : {}) });
const real = (step: number, min: number): SearchControl => ({ kind: 'number', whole: false, step, min });
const isCem = ({ optimiser }: SearchConfig): boolean => optimiser === 'cem';

export const basicSettings: readonly SearchSetting[] = [
  setting('examples', 'Examples', whole('rows', 1)),
  setting('generations', 'Generations at most', whole('generations', 1)),
  setting('optimiser', 'Optimiser', { kind: 'choice', options: [{ value: 'cem', label: 'CEM', note: 'cross-entropy method, the paper’s' }, { value: 'cma-es', label: 'CMA-ES', note: 'separable; learns the step of each α' }] }),
  setting('perLayer', 'An α for each layer', { kind: 'switch' }),
];
export const moreSettings: readonly SearchSetting[] = [
  setting('population', 'Population', whole('candidates', 4, 4)),
  setting('eliteShare', 'Elite share', real(0.05, 0.01), isCem),
  setting('smoothing', 'Smoothing', real(0.1, 0), isCem),
  setting('form', 'α weigh', { kind: 'choice', options: mixForms.map((value) => ({ value, ...formWords[value] })) }),
  setting('normalised', 'α share out one whole', { kind: 'switch' }),
  setting('low', 'Smallest α', real(0.1, -10)),
  setting('high', 'Largest α', real(0.1, -10)),
  setting('deviation', 'Deviation at the start', real(0.05, 0.01)),
  setting('deviationFloor', 'Floor of the deviation', real(0.01, 0)),
  setting('tolerance', 'Converged at', real(0.001, 0)),
  setting('tieBreak', 'Ties by likelihood', { kind: 'switch' }),
  setting('patience', 'Patience', whole('generations')),
  setting('selectionRows', 'Selection rows', whole('rows', 0, 8)),
  setting('testRows', 'Test rows at most', whole('rows', 0, 50)),
  setting('maxTokens', 'Longest answer', whole('tokens', 1, 8)),
  setting('temperature', 'Temperature', real(0.1, 0)),
  setting('seed', 'Seed', whole()),
];
export const allSettings: readonly SearchSetting[] = [...basicSettings, ...moreSettings];

/** A value as people read it. */
export function shownValue(key: SearchKey, value: SearchConfig[SearchKey]): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (key === 'optimiser') return value === 'cem' ? 'CEM' : 'CMA-ES';
  if (key === 'form') return formWords[value as MixForm].label;
  return typeof value === 'number' ? formatSmall(value) : value;
}

/** How many differences a name tells before it becomes a list. */
const mostTold = 4;

/** What a search of these settings is called by itself: the task, its examples, and where it leaves the preset that it is nearest to. */
export function defaultName(task: string, config: SearchConfig): string {
  const changed = (preset: SearchConfig): SearchSetting[] => allSettings.filter(({ key }) => key !== 'examples' && config[key] !== preset[key] && !(key === 'form' && config.normalised));
  const paper = changed(paperSearch).length < changed(quickSearch).length;
  const told = changed(paper ? paperSearch : quickSearch).map(({ key, label }) => {
    const value = config[key];
    if (key === 'perLayer') return 'by layer';
    if (key === 'normalised') return config.normalised ? 'shared out' : 'not shared out';
    if (key === 'tieBreak') return 'no tie-break';
    return key === 'optimiser' || key === 'form' ? shownValue(key, value) : `${label.toLowerCase()} ${shownValue(key, value)}`;
  });
  const more = told.length > mostTold ? [`${told.length - mostTold} more`] : [];
  return [task, counted(config.examples, 'example'), ...(paper ? ['paper'] : []), ...told.slice(0, mostTold), ...more].join(', ').slice(0, 120);
}

/** What the two presets set differently. */
export const presetDifferences: readonly { label: string; key: SearchKey; quick: string; paper: string }[] = allSettings
  .filter(({ key }) => quickSearch[key] !== paperSearch[key])
  .map(({ key, label }) => ({ key, label, quick: shownValue(key, quickSearch[key]), paper: shownValue(key, paperSearch[key]) }));

/** What cannot be used, by setting, in a sentence. */
export function faultsOf(config: SearchConfig): Partial<Record<SearchKey, string>> {
  const parsed = searchConfigSchema.safeParse(config);
  if (parsed.success) return {};
  const faults: Partial<Record<SearchKey, string>> = {};
  for (const issue of parsed.error.issues) {
    const key = (issue.path[0] ?? 'low') as SearchKey;
    faults[key] ??= issue.code === 'too_small' ? `At least ${String(issue.minimum)}.` : issue.code === 'too_big' ? `At most ${String(issue.maximum)}.` : issue.message;
  }
  return faults;
}
