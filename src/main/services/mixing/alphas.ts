import type { Alphas } from '../../../shared/adaptation.ts';
import type { MixPartDto } from '../../../shared/contract.ts';

const isSilent = (alpha: Alphas[number]): boolean => (typeof alpha === 'number' ? alpha === 0 : alpha.every((value) => value === 0));

/** The mix of found α: experts whose every α is 0 are left out, so that the base is an empty mix. */
export const partsOf = (expertIds: readonly string[], alphas: Alphas): MixPartDto[] =>
  expertIds.flatMap((expertId, i) => (isSilent(alphas[i]) ? [] : [{ expertId, alpha: typeof alphas[i] === 'number' ? alphas[i] : [...alphas[i]], muted: false, solo: false }]));
