/**
 * Adapters as graphs: LoRA (arXiv 2106.09685), DoRA (2402.09353) and IA3 (2205.05638), as PEFT computes them, each in two
 * forms: beside the frozen weights with its own tensors as inputs (for gradients), and merged into them (for answers).
 * Tensors are named as PEFT names them, so that what is trained is what is exported.
 */
import { add, div, gather, input, matmul, mul, reshape, scalar, sqrt, sub, sum } from '../graph/builders.ts';
import { graph, type Graph } from '../graph/graph.ts';
import type { Node } from '../graph/ops.ts';
import type { MatrixShape } from '../../shared/matrices.ts';
import type { TrainableWeights, Weights } from './weights.ts';

const peftName = (matrix: string, tensor: string): string => `base_model.model.${matrix.replace(/weight$/, '')}${tensor}`;
/** A [rank, columns] */
export const loraAName = (matrix: string): string => peftName(matrix, 'lora_A.weight');
/** B [rows, rank] */
export const loraBName = (matrix: string): string => peftName(matrix, 'lora_B.weight');
/** m [rows] */
export const magnitudeName = (matrix: string): string => peftName(matrix, 'lora_magnitude_vector');
/** l [rows, 1], or [1, columns] before a feed-forward projection */
export const ia3Name = (matrix: string): string => peftName(matrix, 'ia3_l');
/** ‖W + s B A‖ of each row [rows], an input of DoRA's graph: PEFT lets no gradient through it */
export const normName = (matrix: string): string => `norm:${matrix}`;

/** Inputs are dropped by the rows of a table, each serving every `dropoutRows`-th token: bounded, however long the batch. */
export const dropoutRows = 256;
/** [dropoutRows, columns]: 0, or 1 / (1 − p) */
export const dropoutName = (matrix: string): string => `dropout:${matrix}`;
/** [rows, tokens]: the row of the table that serves a token */
export const dropoutIndexName = 'dropoutRow';

export const mergedName = (tensor: string): string => `merged:${tensor}`;
export const tensorOfMerged = (output: string): string => output.replace(/^merged:/, '');

export interface LoraForm {
  rank: number;
  /** alpha / rank */
  scaling: number;
  /** whether inputs of the update are dropped */
  dropout: boolean;
  /** DoRA: W' = m · (W + s B A) / ‖W + s B A‖ */
  magnitude: boolean;
}

interface LoraInputs { a: Node; b: Node; magnitude?: Node }

function loraInputs(matrices: readonly MatrixShape[], { rank, magnitude }: Pick<LoraForm, 'rank' | 'magnitude'>): Map<string, LoraInputs> {
  return new Map(matrices.map(({ name, rows, columns }) => [name, {
    a: input(loraAName(name), 'float32', [rank, columns]),
    b: input(loraBName(name), 'float32', [rows, rank]),
    ...(magnitude && { magnitude: input(magnitudeName(name), 'float32', [rows]) }),
  }]));
}

/**
 * y = x Wᵀ + s (dropped x) Aᵀ Bᵀ; for DoRA with q = m / norm: y = x Wᵀ + (q − 1) (dropped x) Wᵀ + q s (dropped x) Aᵀ Bᵀ, which
 * without dropout is q (x Wᵀ + s x Aᵀ Bᵀ).
 */
export function loraWeights(base: Weights, matrices: readonly MatrixShape[], form: LoraForm): TrainableWeights {
  const { dropout, scaling } = form;
  const inputs = loraInputs(matrices, form);
  const columns = new Map(matrices.map((matrix) => [matrix.name, matrix.columns]));
  const index = input(dropoutIndexName, 'int64', ['rows', 'tokens']);
  const project = (x: Node, name: string): Node => {
    const own = inputs.get(name);
    if (!own) return base.project(x, name);
    const plain = base.project(x, name);
    const dropped = dropout ? mul(x, gather(input(dropoutName(name), 'float32', [dropoutRows, columns.get(name) ?? 0]), index)) : x;
    const update = matmul(matmul(dropped, own.a, { transposeB: true }), own.b, { transposeB: true, alpha: scaling });
    if (!own.magnitude) return add(plain, update);
    const ratio = div(own.magnitude, input(normName(name), 'float32', own.magnitude.shape));
    if (!dropout) return mul(add(plain, update), ratio);
    return add(plain, add(mul(base.project(dropped, name), sub(ratio, scalar(1))), mul(update, ratio)));
  };
  const trained = new Map(matrices.flatMap(({ name }) => {
    const { a, b, magnitude } = inputs.get(name) ?? {};
    return [...(a && b ? [[loraAName(name), a], [loraBName(name), b]] as const : []), ...(magnitude ? [[magnitudeName(name), magnitude]] as const : [])];
  }));
  return { tensor: base.tensor, project, trained, byToken: dropout };
}

/** `merged:<matrix>` [rows, columns], and for DoRA `norm:<matrix>` [rows]. */
export function mergedLoraGraph(base: Weights, matrices: readonly MatrixShape[], form: LoraForm): Graph {
  const inputs = loraInputs(matrices, form);
  const outputs: Record<string, Node> = {};
  for (const { name, rows } of matrices) {
    const own = inputs.get(name);
    if (!own) continue;
    const updated = add(base.tensor(name), matmul(own.b, own.a, { alpha: form.scaling }));
    if (own.magnitude) {
      const norm = sqrt(sum(mul(updated, updated), [1]));
      outputs[mergedName(name)] = mul(updated, div(reshape(own.magnitude, [rows, 1]), norm));
      outputs[normName(name)] = reshape(norm, [rows]);
    } else outputs[mergedName(name)] = updated;
  }
  return graph('merge-lora', outputs);
}

/** IA3 scales what goes into a feed-forward projection, and what comes out of the others. */
export const scalesInput = ({ projection }: MatrixShape): boolean => projection === 'down' || projection === 'gate' || projection === 'up';
export const ia3Length = (matrix: MatrixShape): number => (scalesInput(matrix) ? matrix.columns : matrix.rows);
/** as PEFT stores it */
export const ia3Shape = (matrix: MatrixShape): number[] => (scalesInput(matrix) ? [1, matrix.columns] : [matrix.rows, 1]);

const ia3Inputs = (matrices: readonly MatrixShape[]): Map<string, Node> =>
  new Map(matrices.map((matrix) => [matrix.name, input(ia3Name(matrix.name), 'float32', [ia3Length(matrix)])]));

export const biasName = (matrix: string): string => matrix.replace(/weight$/, 'bias');

/** y = l ⊙ (x Wᵀ + b), or (l ⊙ x) Wᵀ + b before a feed-forward projection. */
export function ia3Weights(base: Weights, matrices: readonly MatrixShape[]): TrainableWeights {
  const inputs = ia3Inputs(matrices);
  const onInput = new Set(matrices.filter(scalesInput).map(({ name }) => name));
  const project = (x: Node, name: string): Node => {
    const l = inputs.get(name);
    if (!l) return base.project(x, name);
    return onInput.has(name) ? base.project(mul(x, l), name) : mul(base.project(x, name), l);
  };
  const tensor = (name: string): Node => {
    const matrix = name.endsWith('.bias') ? name.replace(/bias$/, 'weight') : '';
    const l = onInput.has(matrix) ? undefined : inputs.get(matrix);
    return l ? mul(base.tensor(name), l) : base.tensor(name);
  };
  return { tensor, project, trained: new Map([...inputs].map(([name, node]) => [ia3Name(name), node])) };
}

/** `merged:<matrix>`, and `merged:<bias>` of scaled outputs that have one (`hasTensor`). */
export function mergedIa3Graph(base: Weights, matrices: readonly MatrixShape[], hasTensor: (name: string) => boolean): Graph {
  const inputs = ia3Inputs(matrices);
  const outputs: Record<string, Node> = {};
  for (const matrix of matrices) {
    const l = inputs.get(matrix.name);
    if (!l) continue;
    const bias = biasName(matrix.name);
    outputs[mergedName(matrix.name)] = mul(base.tensor(matrix.name), scalesInput(matrix) ? l : reshape(l, [matrix.rows, 1]));
    if (!scalesInput(matrix) && hasTensor(bias)) outputs[mergedName(bias)] = mul(base.tensor(bias), l);
  }
  return graph('merge-ia3', outputs);
}
