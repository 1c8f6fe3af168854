import type { EvaluatedDto, RunDto } from '../../shared/contract.ts';
import { formatNumber } from '../format/index.ts';

const alphaText = (alpha: number | readonly number[]): string => (typeof alpha === 'number' ? formatNumber(alpha, { digits: 2 }) : 'by layer');

/** What was evaluated, in a line: “math-expert 0.50 + code-expert 1.00”. */
export function evaluatedText({ parts, form, adapter }: EvaluatedDto): string {
  if (adapter) return adapter.name;
  if (parts.length === 0) return 'the base model';
  const sum = parts.map(({ name, alpha }) => (parts.length === 1 && alpha === 1 ? name : `${name} ${alphaText(alpha)}`)).join(' + ');
  return form === 'sum' ? `${sum}, weighed against each other` : sum;
}

/** The query that lays what was evaluated on the desk; nothing for the base and for adapters, which the desk does not mix. */
export function layOf({ modelId, evaluated }: Pick<RunDto, 'modelId' | 'evaluated'>): { model: string; lay: string } | null {
  if (!evaluated || evaluated.parts.length === 0) return null;
  return { model: modelId, lay: JSON.stringify({ parts: evaluated.parts.map(({ expertId, alpha }) => ({ expertId, alpha })), form: evaluated.form }) };
}

export const evaluationHref = (runId: string): string => `#/evidence/evaluations/${encodeURIComponent(runId)}`;
