/**
 * Where a decoder gets its tensors and its products from. The same layer code builds the plain model, the factorised
 * one whose z is an input, and the one whose weights are inputs (pretraining, merged weights).
 */
import { input, matmul, mul, constant, external } from '../graph/builders.ts';
import type { Node, TensorPlace } from '../graph/ops.ts';
import { matrixName, projections, type MatrixShape, type Projection } from '../../shared/matrices.ts';
import type { ModelConfig } from '../checkpoint/config.ts';

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

/** How z comes in: `shared` is one vector for all rows, `per-row` one for each. */
export type ZMode = 'shared' | 'per-row';
export const zInputName = (matrix: string): string => `z:${matrix}`;

const placed = (name: string, { file, offset, byteLength, shape }: PlacedTensor): Node => external(name, { file, offset, byteLength }, shape);

/** Every tensor where it lies in the checkpoint. */
export function plainWeights(tensors: ReadonlyMap<string, PlacedTensor>): Weights {
  const made = new Map<string, Node>();
  const tensor = (name: string): Node => memo(made, name, () => {
    const place = tensors.get(name);
    if (!place) throw new Error(`no tensor ${name}`);
    return placed(name, place);
  });
  return { tensor, project: (x, name) => matmul(x, tensor(name), { transposeB: true }) };
}

/** `y = ((x V) ⊙ σ ⊙ z) Uᵀ` for the given matrices, plain for the others (arXiv 2501.06252, eq. 1, without forming W′). */
export function factorisedWeights(base: Weights, matrices: readonly FactorisedMatrix[], mode: ZMode): Weights & { z: ReadonlyMap<string, Node> } {
  const z = new Map<string, Node>();
  const factors = new Map(matrices.map((matrix) => [matrix.name, matrix]));
  for (const { name, sigma } of matrices) {
    z.set(name, input(zInputName(name), 'float32', mode === 'shared' ? [sigma.length] : ['rows', 1, sigma.length]));
  }
  const project = (x: Node, name: string): Node => {
    const factor = factors.get(name);
    const scale = z.get(name);
    if (!factor || !scale) return base.project(x, name);
    const rotated = matmul(x, placed(`${name}:vt`, factor.vt), { transposeB: true });
    const scaled = mul(rotated, mul(scale, constant(factor.sigma, [factor.sigma.length])));
    return matmul(scaled, placed(`${name}:u`, factor.u), { transposeB: true });
  };
  return { tensor: base.tensor, project, z };
}

/** The given tensors are inputs, the rest come from `base`. Input names are the tensors' names. */
export function fedWeights(fed: ReadonlyMap<string, readonly number[]>, base?: Weights): Weights & { inputs: ReadonlyMap<string, Node> } {
  const inputs = new Map([...fed].map(([name, shape]) => [name, input(name, 'float32', shape)]));
  const tensor = (name: string): Node => {
    const node = inputs.get(name) ?? base?.tensor(name);
    if (!node) throw new Error(`no tensor ${name}`);
    return node;
  };
  return {
    tensor,
    inputs,
    project: (x, name) => (inputs.has(name) || !base ? matmul(x, tensor(name), { transposeB: true }) : base.project(x, name)),
  };
}

function memo<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

/** Shapes of the seven projections of every layer, in the house order. */
export function matrixShapes(config: ModelConfig): MatrixShape[] {
  const { hiddenSize, intermediateSize, heads, keyValueHeads, headDim, layers } = config;
  const shape: Record<Projection, [rows: number, columns: number]> = {
    q: [heads * headDim, hiddenSize],
    k: [keyValueHeads * headDim, hiddenSize],
    v: [keyValueHeads * headDim, hiddenSize],
    o: [hiddenSize, heads * headDim],
    gate: [intermediateSize, hiddenSize],
    up: [intermediateSize, hiddenSize],
    down: [hiddenSize, intermediateSize],
  };
  return Array.from({ length: layers }, (_, layer) =>
    projections.map((projection) => {
      const [rows, columns] = shape[projection];
      return { name: matrixName(layer, projection), layer, projection, rows, columns, rank: Math.min(rows, columns) };
    }),
  ).flat();
}
