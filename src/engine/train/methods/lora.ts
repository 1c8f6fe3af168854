/**
 * LoRA (arXiv 2106.09685) as PEFT has it: W′ = W + (alpha / rank) B A, A drawn as Kaiming-uniform (√5), B zero, so that it
 * starts at the base. DoRA (2402.09353) with `magnitude`: each row of W′ is brought to a trained length, which starts as
 * the row's own; as in PEFT, no gradient goes through the norm that it is divided by.
 */
import type { MatrixShape } from '../../../shared/matrices.ts';
import type { TrainedTensor } from '../../host/protocol.ts';
import { loraAName, loraBName, loraWeights, magnitudeName, mergedLoraGraph, mergedName, normName, type LoraForm } from '../../model/adapters.ts';
import type { LoadedModel } from '../../runtime/loaded-model.ts';
import { Random } from '../../runtime/random.ts';
import { floatData, floats, type Feeds } from '../../runtime/session.ts';
import { dropoutFeeds } from './dropout.ts';
import { countOf, type Method, type Parameters } from './method.ts';
import { streams } from './streams.ts';

export interface LoraSettings {
  rank: number;
  alpha: number;
  /** share of the update's inputs that are dropped while training */
  dropout: number;
  /** DoRA */
  magnitude: boolean;
}

export const loraShapes = (matrices: readonly MatrixShape[], { rank, magnitude }: Pick<LoraSettings, 'rank' | 'magnitude'>): Map<string, number[]> =>
  new Map(matrices.flatMap(({ name, rows, columns }): [string, number[]][] => [
    [loraAName(name), [rank, columns]],
    [loraBName(name), [rows, rank]],
    ...(magnitude ? [[magnitudeName(name), [rows]] as [string, number[]]] : []),
  ]));

export async function lora(model: LoadedModel, matrices: readonly MatrixShape[], settings: LoraSettings): Promise<Method> {
  const { rank, alpha, dropout, magnitude } = settings;
  const form: LoraForm = { rank, scaling: alpha / rank, dropout: false, magnitude };
  const shapes = loraShapes(matrices, settings);
  const key = `${magnitude ? 'dora' : 'lora'}:${rank}:${form.scaling}:${matrices.map(({ name }) => name).join()}`;
  const feedsOf = (parameters: Parameters): Feeds => Object.fromEntries([...shapes].map(([name, shape]) => [name, floats(parameters[name], shape)]));
  const zeros = (): Parameters => Object.fromEntries([...shapes].map(([name, shape]) => [name, new Float32Array(shape.reduce((a, b) => a * b))]));

  /** of a step's sampling, for its gradient */
  let lastNorms: { parameters: Parameters; norms: Map<string, Float32Array> } | undefined;
  /** merged weights, and the lengths of their rows before the magnitude is given */
  const mergeRun = async (parameters: Parameters): Promise<{ weights: Map<string, Float32Array>; norms: Map<string, Float32Array> }> => {
    const session = await model.session(`merge-${key}`, () => mergedLoraGraph(model.plain(), matrices, form));
    const outputs = await session.run(feedsOf(parameters));
    const norms = new Map(magnitude ? matrices.map(({ name }) => [name, floatData(outputs[normName(name)])]) : []);
    lastNorms = { parameters, norms };
    return { weights: new Map(matrices.map(({ name }) => [name, floatData(outputs[mergedName(name)])])), norms };
  };
  const normsOf = async (parameters: Parameters): Promise<Map<string, Float32Array>> => (lastNorms?.parameters === parameters ? lastNorms.norms : (await mergeRun(parameters)).norms);
  const lengths = magnitude ? (await mergeRun(zeros())).norms : new Map<string, Float32Array>();
  const base = (): Parameters => ({ ...zeros(), ...Object.fromEntries([...lengths].map(([name, norm]) => [magnitudeName(name), norm.slice()])) });

  return {
    count: countOf(zeros()),
    initial(seed) {
      const random = new Random(seed, streams.init);
      const parameters = base();
      for (const { name, columns } of matrices) {
        const bound = 1 / Math.sqrt(columns); // √(6 / ((1 + 5) · columns))
        parameters[loraAName(name)] = parameters[loraAName(name)].map(() => (2 * random.uniform() - 1) * bound);
      }
      return parameters;
    },
    base,
    centre: (name) => [...lengths].find(([matrix]) => magnitudeName(matrix) === name)?.[1] ?? 0,
    merged: async (parameters) => (await mergeRun(parameters)).weights,
    async policy(parameters, noise) {
      const drops = noise !== undefined && dropout > 0;
      const norms = magnitude ? await normsOf(parameters) : new Map<string, Float32Array>();
      const fixed: Feeds = { ...feedsOf(parameters), ...Object.fromEntries([...norms].map(([name, norm]) => [normName(name), floats(norm, [norm.length])])) };
      return {
        key: `${key}:${drops}`,
        weights: () => loraWeights(model.plain(), matrices, { ...form, dropout: drops }),
        feeds: (piece) => (drops ? { ...fixed, ...dropoutFeeds(matrices, dropout, noise, piece) } : fixed),
      };
    },
    gradient: (_, ofInputs) => new Map(ofInputs),
    tensors: (parameters) => Object.fromEntries([...shapes].map(([name, shape]): [string, TrainedTensor] => [name, { shape, data: parameters[name] }])),
  };
}
