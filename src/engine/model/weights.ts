/**
 * Where a decoder gets its tensors and its products from. The same layer code builds the plain model, the factorised
 * one whose z is an input, and the one whose weights are inputs (pretraining, merged weights).
 */
import { constant, external, input, matmul, mul, reshape } from '../graph/builders.ts';
import type { Node, TensorPlace } from '../graph/ops.ts';

/** An fp32 tensor lying in a file. */
export interface PlacedTensor extends TensorPlace {
  shape: readonly number[];
}

/** U [rows, rank], σ [rank], Vᵀ [rank, columns] of one matrix. */
export interface FactorisedMatrix {
  name: string;
  u: PlacedTensor;
  sigma: Float32Array;
  vt: PlacedTensor;
}

export interface Weights {
  tensor(name: string): Node;
  /** x [… , columns] → x Wᵀ [… , rows], by the matrix's tensor name */
  project(x: Node, name: string): Node;
}

/** Weights with inputs of their own, by the name of the tensor that is trained. */
export interface TrainableWeights extends Weights {
  trained: ReadonlyMap<string, Node>;
  /** products depend on which row or token they are of (a z per row, dropout): x must be [rows, tokens, …] */
  byToken?: boolean;
}

/** How z comes in: `shared` is one vector for all rows, `per-row` one for each. */
export type ZMode = 'shared' | 'per-row';
/** The input that holds σ ⊙ z of a matrix: [rank], or [rows, 1, rank]. */
export const scaleName = (matrix: string): string => `scale:${matrix}`;

const placed = (name: string, { file, offset, byteLength, shape }: PlacedTensor): Node => external(name, { file, offset, byteLength }, shape);

/** Every tensor where it lies in the checkpoint. */
export function plainWeights(tensors: ReadonlyMap<string, PlacedTensor>): Weights {
  const tensor = (name: string): Node => {
    const place = tensors.get(name);
    if (!place) throw new Error(`no tensor ${name}`);
    return placed(name, place);
  };
  return { tensor, project: (x, name) => matmul(x, tensor(name), { transposeB: true }) };
}

/**
 * `y = ((x V) ⊙ s) Uᵀ` with s = σ ⊙ z for the given matrices, plain for the others (arXiv 2501.06252, eq. 1, without
 * forming W′). The product σ ⊙ z is made outside, once for all tokens of an answer.
 */
export function factorisedWeights(base: Weights, matrices: readonly FactorisedMatrix[], mode: ZMode): TrainableWeights {
  const factors = new Map(matrices.map((matrix) => [matrix.name, matrix]));
  const scales = new Map(matrices.map(({ name, sigma: { length } }) => [name, input(scaleName(name), 'float32', mode === 'shared' ? [length] : ['rows', 1, length])]));
  const project = (x: Node, name: string): Node => {
    const factor = factors.get(name);
    const scale = scales.get(name);
    if (!factor || !scale) return base.project(x, name);
    const rotated = matmul(x, placed(`${name}:vt`, factor.vt), { transposeB: true });
    return matmul(mul(rotated, scale), placed(`${name}:u`, factor.u), { transposeB: true });
  };
  return { tensor: base.tensor, project, trained: scales, byToken: mode === 'per-row' };
}

/** W′ = U diag(s) Vᵀ of each matrix [rows, columns], from the inputs `scale:<matrix>`. */
export function mergedMatrices(matrices: readonly FactorisedMatrix[]): Record<string, Node> {
  return Object.fromEntries(
    matrices.map(({ name, u, vt, sigma: { length } }) => {
      const scale = reshape(input(scaleName(name), 'float32', [length]), [length, 1]);
      return [`merged:${name}`, matmul(placed(`${name}:u`, u), mul(placed(`${name}:vt`, vt), scale))];
    }),
  );
}

/** The given tensors are inputs, the rest come from `base`. Input names are the tensors' names. */
export function fedWeights(fed: ReadonlyMap<string, readonly number[]>, base?: Weights): Weights & { inputs: ReadonlyMap<string, Node> } {
  const inputs = new Map([...fed].map(([name, shape]) => [name, input(name, 'float32', shape)]));
  return { ...replacedWeights(inputs, base), inputs };
}

/** The given tensors are constants of the graph, the rest come from `base`. */
export const fixedWeights = (fixed: ReadonlyMap<string, { shape: readonly number[]; data: Float32Array }>, base: Weights): Weights =>
  replacedWeights(new Map([...fixed].map(([name, { shape, data }]) => [name, constant(data, shape)])), base);

function replacedWeights(nodes: ReadonlyMap<string, Node>, base?: Weights): Weights {
  const tensor = (name: string): Node => {
    const node = nodes.get(name) ?? base?.tensor(name);
    if (!node) throw new Error(`no tensor ${name}`);
    return node;
  };
  return {
    tensor,
    project: (x, name) => (nodes.has(name) || !base ? matmul(x, tensor(name), { transposeB: true }) : base.project(x, name)),
  };
}
