/** Which matrices a configuration tunes, and how many numbers it trains. */
import { SingularError } from './errors.ts';
import { attentionProjections, mlpProjections, type MatrixShape, type Projection } from './matrices.ts';
import type { TrainingConfig } from './training.ts';

/** Layer numbers, from 0. Of an odd number of layers the first half has one more; every second starts with the first. */
export function chosenLayers(layers: TrainingConfig['layers'], count: number): number[] {
  const every = Array.from({ length: count }, (_, layer) => layer);
  switch (layers) {
    case 'all':
      return every;
    case 'every-second':
      return every.filter((layer) => layer % 2 === 0);
    case 'first-half':
      return every.filter((layer) => layer < count / 2);
    case 'last-half':
      return every.filter((layer) => layer >= count / 2);
    default: {
      const beyond = layers.find((layer) => layer >= count);
      if (beyond !== undefined) throw new SingularError('bad-input', `“layers” names layer ${beyond}, but the model has the layers 0 to ${count - 1}.`);
      return every.filter((layer) => layers.includes(layer));
    }
  }
}

/** IA3 tunes keys, values and what goes into the down projection (arXiv 2205.05638), whichever of them `modules` names. */
const ia3Projections: Record<TrainingConfig['modules'], readonly Projection[]> = { 'attention': ['k', 'v'], 'mlp': ['down'], 'both': ['k', 'v', 'down'], 'query-value': ['q', 'v'] };
const allProjections: Record<TrainingConfig['modules'], readonly Projection[]> = { 'attention': attentionProjections, 'mlp': mlpProjections, 'both': [...attentionProjections, ...mlpProjections], 'query-value': ['q', 'v'] };

/** The tuned matrices, in the house order. Throws `bad-input` where they are none. */
export function tunedMatrices(matrices: readonly MatrixShape[], layerCount: number, { method, modules, layers }: Pick<TrainingConfig, 'method' | 'modules' | 'layers'>): MatrixShape[] {
  const chosen = chosenLayers(layers, layerCount);
  const projections = (method === 'ia3' ? ia3Projections : allProjections)[modules];
  const tuned = matrices.filter(({ layer, projection }) => projections.includes(projection) && chosen.includes(layer));
  if (tuned.length === 0) throw new SingularError('bad-input', `“modules” and “layers” name no matrix of this model; it has ${layerCount} ${layerCount === 1 ? 'layer' : 'layers'}.`);
  return tuned;
}

/** Numbers that are trained: z of a matrix has its rank, LoRA r · (rows + columns), DoRA a magnitude a row beside that, IA3 one number a row (of the down projection: a column). */
export function trainableParameters(matrices: readonly MatrixShape[], layerCount: number, config: Pick<TrainingConfig, 'method' | 'modules' | 'layers' | 'rank'>): number {
  const perMatrix = ({ rows, columns, rank, projection }: MatrixShape): number => {
    switch (config.method) {
      case 'svf':
        return rank;
      case 'lora':
        return config.rank * (rows + columns);
      case 'dora':
        return config.rank * (rows + columns) + rows;
      case 'ia3':
        return projection === 'down' ? columns : rows;
    }
  };
  return tunedMatrices(matrices, layerCount, config).reduce((sum, matrix) => sum + perMatrix(matrix), 0);
}
