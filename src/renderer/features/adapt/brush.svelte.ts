/** Which candidates of a search are looked at: a range on each axis of the parallel coordinates, and one candidate picked. */
import type { CandidateDto, GenerationDto } from '../../../shared/adaptation.ts';
import { formatNumber, formatPercent } from '../../format/index.ts';
import { alphaOf, betterFirst, writeAlpha } from './population.ts';

export interface Axis { key: string; label: string; /** as it is drawn, where the picture says what it is */ name: string; /** ends of the scale */ domain: readonly [number, number]; /** of the keys */ step: number; value: (candidate: CandidateDto) => number; write: (value: number) => string }
export type Range = readonly [low: number, high: number];

const padded = (low: number, high: number): readonly [number, number] => (high > low ? [low, high] : [low - 0.5, high + 0.5]);

/** Generation, α of each expert (the mean over layers where there is one for each), and the score. */
export function axesOf(generations: readonly GenerationDto[], experts: readonly string[]): Axis[] {
  const candidates = generations.flatMap((one) => one.candidates);
  if (candidates.length === 0) return [];
  const ends = (value: (candidate: CandidateDto) => number): readonly [number, number] => candidates.reduce<readonly [number, number]>(([low, high], one) => [Math.min(low, value(one)), Math.max(high, value(one))], [Infinity, -Infinity]);
  const alphas = experts.map((name, at): Axis => {
    const value = (candidate: CandidateDto): number => alphaOf(candidate.alphas[at]);
    const [low, high] = ends(value);
    const domain = padded(Math.floor(low * 10) / 10, Math.ceil(high * 10) / 10);
    return { key: `alpha${at}`, label: `α of ${name}`, name, domain, step: 0.05, value, write: writeAlpha };
  });
  const score = (candidate: CandidateDto): number => candidate.score;
  const [lowest, highest] = padded(...ends(score));
  const generation = (candidate: CandidateDto): number => candidate.generation + 1;
  return [
    { key: 'generation', label: 'Generation', name: 'Generation', domain: padded(1, generations.length), step: 1, value: generation, write: (value) => formatNumber(value) },
    ...alphas,
    { key: 'score', label: 'Score', name: 'Score', domain: [Math.max(0, lowest), Math.min(1, highest)], step: 0.05, value: score, write: (value) => formatPercent(value, 0) },
  ];
}

/** A step of a brush's end; it stays on the scale and does not pass the other end. */
export function moved(range: Range, end: 0 | 1, to: number, [low, high]: Axis['domain']): Range {
  const inside = Math.min(high, Math.max(low, to));
  return end === 0 ? [Math.min(inside, range[1]), range[1]] : [range[0], Math.max(inside, range[0])];
}

export class Brush {
  ranges = $state.raw<Readonly<Record<string, Range>>>({});
  picked = $state.raw<CandidateDto | null>(null);
  active = $derived(Object.keys(this.ranges).length > 0);

  rangeOf = (axis: Axis): Range => this.ranges[axis.key] ?? axis.domain;
  isSet = (axis: Axis): boolean => axis.key in this.ranges;

  /** The whole axis is no range: then new generations are in it too. */
  set = (axis: Axis, range: Range): void => {
    const { [axis.key]: _old, ...others } = this.ranges;
    const whole = range[0] <= axis.domain[0] && range[1] >= axis.domain[1];
    this.ranges = whole ? others : { ...others, [axis.key]: range };
  };
  clear = (): void => void (this.ranges = {});

  accepts = (candidate: CandidateDto, axes: readonly Axis[]): boolean => axes.every((axis) => {
    const range = this.ranges[axis.key];
    const value = axis.value(candidate);
    // the figures on the handles are rounded; a candidate on the edge is in
    return range === undefined || (value >= range[0] - 1e-9 && value <= range[1] + 1e-9);
  });

  /** What is inside every range, the best first. */
  chosen = (generations: readonly GenerationDto[], axes: readonly Axis[]): CandidateDto[] => generations.flatMap((one) => one.candidates).filter((one) => this.accepts(one, axes)).sort(betterFirst);
}

const brushes = new Map<string, Brush>();
/** The ranges chosen on a search's page; they are still chosen after a look elsewhere, such as a candidate heard on the desk. */
export function brushOf(searchId: string): Brush {
  const brush = brushes.get(searchId) ?? new Brush();
  brushes.set(searchId, brush);
  return brush;
}
