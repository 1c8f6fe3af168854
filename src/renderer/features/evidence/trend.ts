/** What more examples and a larger budget bring: points and series of the two trend pictures. */
import type { Interval, TestScoreDto } from '../../../shared/contract.ts';
import { bounded, boundedGain, mean, overSeeds } from '../../../shared/statistics.ts';
import { repeated, type FoundMix, type Repeated, type SearchSettings } from './found.ts';

export type TrendBy = 'examples' | 'answers';

/** Seeds of one search as one point; intervals are 95 % over seeds × test rows, as a comparison's own table has them. */
export interface TrendPoint { x: number; score: Interval; gain: Interval; seeds: number[]; search: string }
/** Points that only differ in what the axis varies (and what follows from it). `name` tells it from the others, alike on every task. */
export interface Series { name: string; task: string; points: TrendPoint[] }

/** Settings that may differ along a line: a budget is larger by examples, generations or candidates. How many test rows were asked for is not one of them: how many there were is a condition. */
const varied: Record<TrendBy, readonly (keyof SearchSettings)[]> = { examples: ['examples'], answers: ['examples', 'generations', 'population'] };

const fixedOf = (settings: SearchSettings, by: TrendBy): [string, string][] => Object.entries(settings).filter(([key]) => !varied[by].includes(key as keyof SearchSettings) && key !== 'testRows').map(([key, value]) => [key, String(value)]);

/** What a family of searches shares; of a comparison its id too, since its experts and rows are its own. */
const familyOf = ({ comparison, settings, conditions }: FoundMix, by: TrendBy): string => JSON.stringify([comparison?.id ?? null, Object.entries(conditions), fixedOf(settings, by)]);

type Tested = FoundMix & { test: TestScoreDto };
const placeOf = ({ settings, answers = 0 }: FoundMix, by: TrendBy): number => (by === 'examples' ? settings.examples : answers);
const isTested = (mix: FoundMix): mix is Tested => mix.test !== undefined;

function pointOf({ mixes, seeds }: Repeated<Tested>, by: TrendBy): TrendPoint {
  const [{ name, test: { rows } }] = mixes;
  return { x: mean(mixes.map((mix) => placeOf(mix, by))), score: bounded(overSeeds(mixes.map(({ test }) => test.score), rows)), gain: boundedGain(overSeeds(mixes.map(({ test }) => test.gain), rows)), seeds, search: name };
}

/** What the names of a comparison's methods begin with together, comma by comma: “few-shot, CEM” of “few-shot, CEM, 3 examples”. */
function sharedName(names: readonly string[]): string {
  const [first, ...others] = names.map((name) => name.split(', '));
  const shared = first.filter((_, at) => others.every((other) => other.slice(0, at + 1).join() === first.slice(0, at + 1).join()));
  return shared.length > 0 ? shared.join(', ') : names[0];
}

type Traits = ReadonlyMap<string, string>;
interface Family { key: string; name: string; traits: Traits }
/** What tells own searches apart, what says most first; all others come after these. */
const telling = ['perLayer', 'normalised', 'graded by', 'template', 'test rows'];

/** Names with as few traits as tell them apart: the first one that divides those of one name is added to it, until none does. */
function toldApart(families: readonly Family[]): Family[] {
  if (families.length < 2) return [...families];
  const keys = families.flatMap(({ traits }) => [...traits.keys()]);
  const trait = [...new Set([...telling, ...keys])].find((key) => new Set(families.map(({ traits }) => traits.get(key))).size > 1);
  if (trait === undefined) return [...families];
  return [...Map.groupBy(families, ({ traits }) => traits.get(trait) ?? '')].flatMap(([value, alike]) => toldApart(alike.map((one) => ({ ...one, name: [one.name, traitWords(trait, value)].filter((part) => part !== '').join(', ') }))));
}

/** A trait in words; nothing for one that is merely off. */
function traitWords(trait: string, value: string): string {
  if (trait === 'perLayer') return value === 'true' ? 'per layer' : '';
  if (trait === 'normalised') return value === 'true' ? 'shared out' : '';
  if (trait === 'test rows') return `${value} test rows`;
  return value === '' ? '' : `${trait.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)} ${value}`;
}

/** Names of families: a comparison's methods as the plan has them, own searches by what they do not share with each other. */
function namesOf(families: ReadonlyMap<string, readonly FoundMix[]>, by: TrendBy): Map<string, string> {
  const comparisons = new Set([...families.values()].flatMap(([{ comparison }]) => comparison?.id ?? []));
  const compared = [...families].flatMap(([key, mixes]): [string, string][] => (mixes[0].comparison ? [[key, `${comparisons.size > 1 ? `${mixes[0].comparison.name}: ` : ''}${sharedName([...new Set(mixes.map(({ name }) => name))])}`]] : []));
  const own = [...families].flatMap(([key, [{ comparison, settings, conditions }]]): Family[] => (comparison ? [] : [{ key, name: `own, ${settings.optimiser === 'cem' ? 'CEM' : 'CMA-ES'}`, traits: new Map([...fixedOf(settings, by), ...Object.entries(conditions)]) }]));
  const named = [...Map.groupBy(own, ({ name }) => name).values()].flatMap(toldApart);
  return new Map([...compared, ...named.map(({ key, name }): [string, string] => [key, name])]);
}

/** Every series of every task, in the order of tasks, comparisons' before own ones. A point stands for all seeds of a search. */
export function seriesOf(mixes: readonly FoundMix[], by: TrendBy): Series[] {
  const tested = mixes.filter(isTested).filter((mix) => placeOf(mix, by) > 0);
  const families = Map.groupBy(tested, (mix) => familyOf(mix, by));
  const names = namesOf(families, by);
  const series = [...families].flatMap(([key, family]) => [...Map.groupBy(family, ({ task }) => task)].map(([task, own]): Series & { own: boolean } => ({
    name: names.get(key) ?? '', task, own: !own[0].comparison, points: repeated(own).map((search) => pointOf(search, by)).sort((a, b) => a.x - b.x),
  })));
  const tasks = [...new Set(mixes.map(({ task }) => task))];
  return series.sort((a, b) => tasks.indexOf(a.task) - tasks.indexOf(b.task) || Number(a.own) - Number(b.own)).map(({ own: _own, ...one }) => one);
}
