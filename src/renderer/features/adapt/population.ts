/** What is drawn of a search: α of every candidate by generation, how the distribution narrows, and what was best. */
import type { Alphas, BudgetDto, CandidateDto, FinalistDto, GenerationDto, SearchConfig } from '../../../shared/adaptation.ts';
import type { MixPartDto, SearchDto } from '../../../shared/contract.ts';
import { percentColumn } from '../../charts/figure/columns.ts';
import type { FigureTable } from '../../charts/figure/table.ts';
import { shortened } from '../../charts/fit-text.ts';
import { formatNumber } from '../../format/index.ts';

export const writeAlpha = (value: number): string => formatNumber(value, { digits: 2 });
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** One α for a glance: with one for each layer, their mean. */
export const alphaOf = (alpha: number | readonly number[]): number => (typeof alpha === 'number' ? alpha : mean(alpha));

/** Coordinates of one expert in a point of the search: one, or one for each layer. `layer` null takes their mean. */
export function coordinate(x: readonly number[], expert: number, experts: number, layer: number | null): number {
  const layers = x.length / experts;
  const own = x.slice(expert * layers, (expert + 1) * layers);
  return layer === null ? mean(own) : (own[Math.min(layer, layers - 1)] ?? 0);
}

/**
 * Deviation of what `coordinate` gives, from the deviations of the coordinates: they are drawn independently, so that of
 * a mean over L layers is √(Σ σ²) / L.
 */
export function deviationOf(deviation: readonly number[], expert: number, experts: number, layer: number | null): number {
  if (layer !== null) return coordinate(deviation, expert, experts, layer);
  const layers = deviation.length / experts;
  return Math.hypot(...deviation.slice(expert * layers, (expert + 1) * layers)) / layers;
}

export interface PopulationPoint { generation: number; value: number; elite: boolean; /** place within the generation, 0 to 1 */ spread: number }
export interface PopulationBand { generation: number; mean: number; deviation: number }
export interface ExpertPopulation { name: string; points: PopulationPoint[]; bands: PopulationBand[] }

/** Every candidate as a point on the coordinate of each expert, before α are shared out. */
export function populationOf(generations: readonly GenerationDto[], experts: readonly string[], layer: number | null): ExpertPopulation[] {
  return experts.map((name, expert) => ({
    name,
    points: generations.flatMap(({ generation, candidates, elites }) => {
      const best = new Set(elites);
      return candidates.map(({ x }, index) => ({ generation, value: coordinate(x, expert, experts.length, layer), elite: best.has(index), spread: (index + 0.5) / candidates.length }));
    }),
    bands: generations.map(({ generation, mean: centre, deviation }) => ({ generation, mean: coordinate(centre, expert, experts.length, layer), deviation: deviationOf(deviation, expert, experts.length, layer) })),
  }));
}

/** Where points lie, at least as wide as the bounds of the search. */
export function alphaDomain(populations: readonly ExpertPopulation[], { low, high }: Pick<SearchConfig, 'low' | 'high'>): [number, number] {
  let [least, most] = [low, high];
  for (const { points } of populations) {
    for (const { value } of points) {
      if (value < least) least = value;
      if (value > most) most = value;
    }
  }
  return [least, most];
}

/** What the picture of a population draws of α: which layer, and whether before they are shared out. */
export interface Drawn { /** null: the mean over layers, or the only one */ layer: number | null; layers: number; normalised: boolean }
const drawnWords = ({ layer, layers, normalised }: Drawn): string => `${layer !== null ? `, layer ${layer}` : layers > 1 ? ', mean over layers' : ''}${normalised ? ', before sharing out' : ''}`;

/** A row for each generation: the line and the band of every panel. */
export function populationTable(generations: readonly GenerationDto[], experts: readonly string[], drawn: Drawn): FigureTable {
  return {
    columns: [{ label: 'Generation' }, { label: 'Candidates' }, percentColumn('Best score'), ...bandColumns(experts, drawn)],
    rows: generations.map((one) => [one.generation + 1, one.candidates.length, Math.max(...one.candidates.map(({ score }) => score)), ...experts.flatMap((_, at) => bandOf(one, at, experts, drawn))]),
  };
}

/** A row for each candidate: its dot in every panel, with the mean and deviation of its generation. What the CSV file of the picture holds. */
export function drawnTable(generations: readonly GenerationDto[], experts: readonly string[], drawn: Drawn): FigureTable {
  return {
    columns: [{ label: 'Generation' }, { label: 'Candidate' }, { label: 'Elite' }, percentColumn('Score'), ...experts.map((_, at) => ({ label: `α of ${columnName(experts, at)}${drawnWords(drawn)}` })), ...bandColumns(experts, drawn)],
    rows: generations.flatMap((one) => {
      const bands = experts.flatMap((_, at) => bandOf(one, at, experts, drawn));
      return one.candidates.map(({ x, score }, index) => [one.generation + 1, index + 1, one.elites.includes(index) ? 'yes' : 'no', score, ...experts.map((_, at) => coordinate(x, at, experts.length, drawn.layer)), ...bands]);
    }),
  };
}
const bandColumns = (experts: readonly string[], drawn: Drawn): FigureTable['columns'] => experts.flatMap((_, at) => ['mean α', 'deviation'].map((what) => ({ label: `${columnName(experts, at)}, ${what}${drawnWords(drawn)}`, format: writeAlpha })));
const bandOf = (one: GenerationDto, at: number, experts: readonly string[], { layer }: Drawn): number[] => [coordinate(one.mean, at, experts.length, layer), deviationOf(one.deviation, at, experts.length, layer)];

/** Every candidate with the α that are heard, shared out where they are: what the file of the parallel coordinates holds. */
export function candidatesTable(generations: readonly GenerationDto[], experts: readonly string[]): FigureTable {
  const layers = generations[0] ? generations[0].mean.length / experts.length : 1;
  const headings = experts.flatMap((_, at) => (layers === 1 ? [`α of ${columnName(experts, at)}`] : Array.from({ length: layers }, (_layer, layer) => `α of ${columnName(experts, at)}, layer ${layer}`)));
  return {
    columns: [{ label: 'Generation' }, { label: 'Elite' }, percentColumn('Score'), { label: 'Tie-break' }, ...headings.map((label) => ({ label }))],
    rows: generations.flatMap(({ generation, candidates, elites }) => candidates.map((one, index) => [generation + 1, elites.includes(index) ? 'yes' : 'no', one.score, one.tieBreak, ...one.alphas.flatMap((alpha) => (typeof alpha === 'number' ? [alpha] : [...alpha]))])),
  };
}
/** Experts may be named alike; columns may not. */
const columnName = (experts: readonly string[], at: number): string => (experts.indexOf(experts[at]) === at ? experts[at] : `${experts[at]} (${at + 1})`);

/** The highest score that an expert has alone on the examples, with everyone who has it; null before it is known. `text` names two, and counts the others. */
export function bestAlone({ start, experts }: Pick<SearchDto, 'start' | 'experts'>): { score: number; names: string[]; text: string } | null {
  if (!start || start.experts.length === 0) return null;
  const score = Math.max(...start.experts.map((one) => one.score));
  const names = start.experts.flatMap((one, at) => (one.score === score ? [experts[at]?.name ?? ''] : []));
  const short = names.map((name) => shortened(name, 20));
  return { score, names, text: names.length > 2 ? `${short[0]} and ${names.length - 1} others` : short.join(' and ') };
}

export interface BestPoint { generation: number; best: number; mean: number }
export const bestOf = (generations: readonly GenerationDto[]): BestPoint[] => generations.map((one) => ({ generation: one.generation, best: one.best.score, mean: mean(one.candidates.map(({ score }) => score)) }));

/** What a mix of these α is on the desk. */
export const partsOf = (experts: readonly { id: string }[], alphas: Alphas): MixPartDto[] =>
  experts.map(({ id }, at) => ({ expertId: id, alpha: typeof alphas[at] === 'number' ? alphas[at] : [...alphas[at]], muted: false, solo: false }));

/** What a table of mixes says of each beside its α. */
export interface AlphaColumn<Row> { label: string; title?: string; of: (row: Row) => string }

/** A finalist in words; a candidate by the generation that it is from. */
export function finalistName(finalist: FinalistDto, { experts, generations }: Pick<SearchDto, 'experts' | 'generations'>): string {
  switch (finalist.kind) {
    case 'base': return 'Base model';
    case 'expert': return `${experts[finalist.expert ?? 0]?.name ?? 'An expert'} alone`;
    case 'centre': return 'Centre of the search';
    case 'candidate': {
      const from = generations.find(({ candidates }) => candidates.some(({ alphas }) => sameAlphas(alphas, finalist.alphas)));
      return from ? `Candidate of generation ${from.generation + 1}` : 'Candidate';
    }
  }
}

export const sameAlphas = (a: Alphas, b: Alphas): boolean => JSON.stringify(a) === JSON.stringify(b);
export const betterFirst = (a: CandidateDto, b: CandidateDto): number => b.score - a.score || b.tieBreak - a.tieBreak || a.generation - b.generation;

export interface Live { generation: GenerationDto; budget: BudgetDto }
/** A search with a generation that an event brought; one that is known already takes the new form. */
export function withGeneration(search: SearchDto, { generation, budget }: Live): SearchDto {
  const others = search.generations.filter((one) => one.generation !== generation.generation);
  return { ...search, budget, generations: [...others, generation].sort((a, b) => a.generation - b.generation) };
}
