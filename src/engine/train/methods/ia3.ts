/** IA3 (arXiv 2205.05638) as PEFT has it: keys, values and what goes into the down projection, scaled by vectors that start at one. */
import type { MatrixShape } from '../../../shared/matrices.ts';
import { ia3Length, ia3Name, ia3Shape, ia3Weights, mergedIa3Graph, tensorOfMerged } from '../../model/adapters.ts';
import type { LoadedModel } from '../../runtime/loaded-model.ts';
import { floatData, floats, type Feeds } from '../../runtime/session.ts';
import { countOf, filled, type Method, type Parameters } from './method.ts';

export function ia3(model: LoadedModel, matrices: readonly MatrixShape[]): Method {
  const key = `ia3:${matrices.map(({ name }) => name).join()}`;
  const feedsOf = (parameters: Parameters): Feeds => Object.fromEntries(matrices.map((matrix) => [ia3Name(matrix.name), floats(parameters[ia3Name(matrix.name)], [ia3Length(matrix)])]));
  const ones = (): Parameters => Object.fromEntries(matrices.map((matrix) => [ia3Name(matrix.name), filled(ia3Length(matrix), 1)]));
  const tensors = model.checkpoint.tensors;
  return {
    count: countOf(ones()),
    initial: ones,
    base: ones,
    centre: () => 1,
    async merged(parameters) {
      const session = await model.session(`merge-${key}`, () => mergedIa3Graph(model.plain(), matrices, (name) => tensors.has(name)));
      const outputs = await session.run(feedsOf(parameters));
      return new Map(Object.entries(outputs).map(([name, tensor]) => [tensorOfMerged(name), floatData(tensor)]));
    },
    policy: async (parameters) => {
      const feeds = feedsOf(parameters);
      return { key, weights: () => ia3Weights(model.plain(), matrices), feeds: () => feeds };
    },
    gradient: (_, ofInputs) => new Map(ofInputs),
    tensors: (parameters) => Object.fromEntries(matrices.map((matrix) => [ia3Name(matrix.name), { shape: ia3Shape(matrix), data: parameters[ia3Name(matrix.name)] }])),
  };
}
