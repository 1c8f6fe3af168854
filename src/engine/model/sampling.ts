/**
 * The next token, chosen inside the graph: only a token and its log-probability leave it. Sampling inverts the
 * cumulative distribution at one uniform number per row, which JavaScript draws from a seeded generator.
 */
import { argMax, cast, div, gatherLast, greater, input, logSoftmax, mul, scalar, slice, softmax, sub, topKIndices, topKValues, where } from '../graph/builders.ts';
import type { Node } from '../graph/ops.ts';
import { cumulative } from './cumulative.ts';

export type SamplingMode =
  | { kind: 'greedy' }
  | { kind: 'sample' }
  /** of the k most likely tokens (all of them with k = vocabulary), the smallest set whose mass reaches topP */
  | { kind: 'nucleus'; k: number };

/** logits [rows, vocabulary] → token [rows, 1] (int64) and its log-probability [rows, 1] under the untempered softmax. */
export function chooseToken(logits: Node, mode: SamplingMode): { token: Node; logProb: Node } {
  const token = tokenFrom(logits, mode);
  return { token, logProb: gatherLast(logSoftmax(logits), token) };
}

function tokenFrom(logits: Node, mode: SamplingMode): Node {
  switch (mode.kind) {
    case 'greedy':
      return argMax(logits);
    case 'sample':
      return invert(softmax(div(logits, temperature())), uniform());
    case 'nucleus': {
      const sorted = topKValues(logits, mode.k);
      const indices = topKIndices(logits, mode.k);
      const probabilities = softmax(div(sorted, temperature()));
      // a token stays while the mass before it is below topP; the first always stays
      const before = sub(cumulative(probabilities), probabilities);
      const kept = where(greater(input('topP', 'float32', []), before), probabilities, scalar(0));
      return gatherLast(indices, invert(kept, uniform()));
    }
  }
}

const temperature = (): Node => input('temperature', 'float32', []);
/** in [0, 1), one for each row */
const uniform = (): Node => input('uniform', 'float32', ['rows', 1]);

/** The first index whose cumulative mass exceeds u · total. */
function invert(mass: Node, u: Node): Node {
  const upTo = cumulative(mass);
  const width = Number(mass.shape[1]);
  const total = slice(upTo, 1, width - 1, width);
  return argMax(cast(greater(upTo, mul(u, total)), 'float32'));
}
