/** The seven projections of a decoder layer, in the order that every file and picture uses. */
export const projections = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] as const;
export type Projection = (typeof projections)[number];

/** Tensor name of one projection of one layer in a Llama or Mistral checkpoint. */
export function matrixName(layer: number, projection: Projection): string {
  const block = attentionProjections.includes(projection) ? 'self_attn' : 'mlp';
  return `model.layers.${layer}.${block}.${projection}_proj.weight`;
}

/** The layer that a tensor's name says; 0 for a tensor of none. */
export const layerOfMatrix = (name: string): number => Number(/\.layers\.(\d+)\./.exec(name)?.[1] ?? 0);

export const attentionProjections: readonly Projection[] = ['q', 'k', 'v', 'o'];
export const mlpProjections: readonly Projection[] = ['gate', 'up', 'down'];

export interface MatrixShape {
  name: string;
  layer: number;
  projection: Projection;
  /** out × in, as the checkpoint stores it */
  rows: number;
  columns: number;
  /** min(rows, columns): the length of its z */
  rank: number;
}

/** z of every tuned matrix, by tensor name; a missing matrix is the base (all ones). */
export type ZVectors = Record<string, Float32Array>;
