/** How the lines of all candidates are told apart: by age and by whether they were elites. */
import type { CandidateDto, GenerationDto } from '../../../shared/adaptation.ts';

/** Candidates of one look: those of one age, elites or the others. */
export interface Layer { candidates: CandidateDto[]; elite: boolean; /** 1 for the newest generation, falling with age */ opacity: number; /** of the newest generation */ newest: boolean }

/** Older ones are all as faint as this age. */
const oldest = 8;
const fading = { elite: { newest: 1, before: 0.6, each: 0.78 }, other: { newest: 0.4, before: 0.16, each: 0.75 } } as const;

/**
 * What `accepts` lets through, the faintest first: the elites of the newest generation among it are full lines, and every
 * generation before is fainter, so that a hundred of them are a ground and no block.
 */
export function layersOf(generations: readonly GenerationDto[], accepts: (candidate: CandidateDto) => boolean): Layer[] {
  const inside = generations.map(({ candidates, elites }) => {
    const best = new Set(elites);
    return { elite: candidates.filter((one, at) => best.has(at) && accepts(one)), other: candidates.filter((one, at) => !best.has(at) && accepts(one)) };
  }).filter(({ elite, other }) => elite.length + other.length > 0).toReversed();
  return (['other', 'elite'] as const).flatMap((kind) => {
    const { newest, before, each } = fading[kind];
    return Array.from({ length: Math.min(inside.length, oldest + 1) }, (_, age): Layer => ({
      candidates: age < oldest ? inside[age][kind] : inside.slice(oldest).flatMap((one) => one[kind]),
      elite: kind === 'elite', newest: age === 0, opacity: age === 0 ? newest : before * each ** (age - 1),
    })).toReversed();
  });
}
