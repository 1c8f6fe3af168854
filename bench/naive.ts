/**
 * The naive whole-cache recipe: past and present keys and values pass through the graph's
 * inputs and outputs whole, joined by Concat, key heads repeated for their queries. What our decoding is compared with.
 */
import { argMax, concat, input, matmul, reshape, softmax, transpose } from '../src/engine/graph/builders.ts';
import { graph } from '../src/engine/graph/graph.ts';
import type { Node } from '../src/engine/graph/ops.ts';
import { decoder, decoderInputs } from '../src/engine/model/decoder.ts';
import { plainWeights } from '../src/engine/model/weights.ts';
import type { LoadedModel } from '../src/engine/runtime/loaded-model.ts';
import { floats, longData, longs, Session, type Feeds } from '../src/engine/runtime/session.ts';

export interface NaiveDecoder {
  /** Greedy tokens of the first row, and the seconds from the first to the last; the prompt goes in token by token before. */
  decode(rows: number, prompt: readonly number[], tokens: number): Promise<{ ids: number[]; decodeSeconds: number }>;
  release(): Promise<void>;
}

export async function openNaive(model: LoadedModel, threads: number): Promise<NaiveDecoder> {
  const { config } = model;
  const { layers, keyValueHeads, headDim } = config;
  const session = await Session.open(naiveGraph(model), { device: 'cpu', threads });

  const emptyPast = (rows: number): Feeds => {
    const feeds: Feeds = {};
    for (let layer = 0; layer < layers; layer++) {
      for (const name of ['key', 'value']) feeds[`past.${name}${layer}`] = floats(new Float32Array(0), [rows, keyValueHeads, 0, headDim]);
    }
    return feeds;
  };

  return {
    async decode(rows, prompt, tokens) {
      let past = emptyPast(rows);
      const ids: number[] = [];
      let next: BigInt64Array = new BigInt64Array(rows).fill(BigInt(prompt[0]));
      let began = 0;
      for (let at = 0; ids.length < tokens; at++) {
        const { cos, sin, positions } = model.rotary.for(at + 1);
        const tables = [positions, headDim / 2];
        const { token, ...present } = await session.run({
          ...past,
          ids: longs(next, [rows, 1]),
          positions: longs(new BigInt64Array(rows).fill(BigInt(at)), [rows, 1]),
          cos: floats(cos, tables),
          sin: floats(sin, tables),
        });
        past = Object.fromEntries(Object.entries(present).map(([name, tensor]) => [name.replace('present', 'past'), tensor]));
        if (at + 1 < prompt.length) {
          next = new BigInt64Array(rows).fill(BigInt(prompt[at + 1]));
        } else {
          next = longData(token);
          ids.push(Number(next[0]));
          if (ids.length === 1) began = performance.now();
        }
      }
      return { ids, decodeSeconds: (performance.now() - began) / 1000 };
    },
    release: () => session.release(),
  };
}

function naiveGraph({ config, checkpoint }: LoadedModel): ReturnType<typeof graph> {
  const { heads, keyValueHeads, headDim } = config;
  const group = heads / keyValueHeads;
  const outputs: Record<string, Node> = {};
  const repeated = (x: Node): Node => {
    const lifted = reshape(x, ['rows', keyValueHeads, 1, 'total', headDim]);
    return reshape(concat(Array.from({ length: group }, () => lifted), 2), ['rows', heads, 'total', headDim]);
  };
  const weights = plainWeights(checkpoint.tensors);
  const hidden = decoder(config, weights, decoderInputs(config, 1), (layer, { query, key, value }) => {
    const joined = (name: string, fresh: Node): Node => {
      const whole = concat([input(`past.${name}${layer}`, 'float32', ['rows', keyValueHeads, 'past', headDim]), fresh], 2);
      outputs[`present.${name}${layer}`] = whole;
      return reshape(whole, ['rows', keyValueHeads, 'total', headDim]);
    };
    const scores = matmul(query, repeated(joined('key', key)), { transposeB: true, alpha: 1 / Math.sqrt(headDim) });
    const attended = matmul(softmax(scores), repeated(joined('value', value)));
    return reshape(transpose(attended, [0, 2, 1, 3]), ['rows', 1, heads * headDim]);
  });
  const head = weights.tensor(config.tieWordEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight');
  outputs.token = argMax(matmul(reshape(hidden, ['rows', config.hiddenSize]), head, { transposeB: true }));
  return graph('naive', outputs);
}
