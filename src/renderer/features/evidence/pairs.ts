/** The answers of an evaluation beside the base's to the same rows. */
import type { SampleDto } from '../../../shared/contract.ts';
import type { FigureTable } from '../../charts/figure/table.ts';

/** `base` is absent where only the base itself was scored. */
export interface AnswerPair { own: SampleDto; base?: SampleDto }
export type PairKind = 'all' | 'gained' | 'lost' | 'both-right' | 'both-wrong';
const isRight = (sample: SampleDto): boolean => sample.score >= 0.5;

/** Both were asked the same prompts in the same order: the n-th answer belongs to the n-th. */
export function pairedAnswers(own: readonly SampleDto[], base: readonly SampleDto[]): AnswerPair[] {
  const known = new Map(base.map((sample) => [sample.index, sample]));
  return own.map((sample) => ({ own: sample, ...(known.get(sample.index) && { base: known.get(sample.index) }) }));
}

/** What became of the base's answers: those that got right, those that got lost, and those that stayed. */
export function kindsOf(pairs: readonly AnswerPair[]): { value: PairKind; label: string; pairs: AnswerPair[] }[] {
  const where = (base: boolean, own: boolean): AnswerPair[] => pairs.filter((pair) => pair.base !== undefined && isRight(pair.base) === base && isRight(pair.own) === own);
  return [
    { value: 'all', label: 'All', pairs: [...pairs] },
    { value: 'gained', label: 'Gained', pairs: where(false, true) },
    { value: 'lost', label: 'Lost', pairs: where(true, false) },
    { value: 'both-right', label: 'Right in both', pairs: where(true, true) },
    { value: 'both-wrong', label: 'Wrong in both', pairs: where(false, false) },
  ];
}

export const pairsTable = (pairs: readonly AnswerPair[]): FigureTable => ({
  columns: ['Row', 'Prompt', 'Reference', 'Answer', 'Score', 'Reason', 'Answer of the base', 'Score of the base', 'Reason of the base'].map((label) => ({ label })),
  rows: pairs.map(({ own, base }) => [own.row + 1, own.prompt, own.reference, own.answer, own.score, own.reason, base?.answer ?? null, base?.score ?? null, base?.reason ?? null]),
});
