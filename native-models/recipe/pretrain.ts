/**
 * node native-models/recipe/pretrain.ts [model] [--threads n] [--work folder] [--out folder] [--overfit]
 *
 * Pretrains a bundled model with the engine's own gradient graph, AdamW and a schedule of warm-up, plateau and decay,
 * and writes `model.safetensors` into the model's folder. All state (weights, both moments, step) is saved about every
 * minute through a temporary file; started again, it goes on from there and ends with the same numbers, since each
 * step's batch comes from the seed and the step's number alone. Left out of a textbook pretraining: a held-out text
 * (the text hardly repeats, so the training loss is one) and gradient accumulation (a batch fits).
 */
import { appendFileSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseConfig, type ModelConfig } from '../../src/engine/checkpoint/config.ts';
import { expectedTensors } from '../../src/engine/checkpoint/open.ts';
import { openSafetensors, readTensorF32 } from '../../src/engine/checkpoint/safetensors.ts';
import { writeSafetensors, type TensorToWrite } from '../../src/engine/checkpoint/safetensors-write.ts';
import { clipScale, gradientNorm, initMoments, updateAdamW, type Moments } from '../../src/engine/train/adamw.ts';
import { Pretrainer, type WeightTensor } from '../../src/engine/train/pretrain-step.ts';
import { makeBatch } from './corpus.ts';
import { modelConfig, modelEncoder } from './files.ts';
import { createRandom, hashText } from './random.ts';
import { learningRateAt, phaseOf } from './schedule.ts';
import { settingsOf } from './settings/index.ts';
import type { ModelSettings } from './settings/settings.ts';

const embeddings = 'model.embed_tokens.weight';

/**
 * Norms are not decayed, and neither are embeddings: what tells one name from another gets no gradient until names are
 * looked up, and would have decayed to nothing by then (a run with decay never learned to copy names).
 */
const decays = (name: string): boolean => name !== embeddings && !name.endsWith('norm.weight');

/** N(0, σ²); projections into the residual stream scaled by 1/√(2·layers) (GPT-2), norms one. */
export function initialWeights(settings: ModelSettings, config: ModelConfig): Map<string, WeightTensor> {
  const deviation = settings.training.initDeviation;
  const residual = deviation / Math.sqrt(2 * config.layers);
  return new Map([...expectedTensors(config)].map(([name, shape]) => {
    const random = createRandom(settings.seed, `weights ${name}`);
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    const scale = name === embeddings ? settings.training.embeddingDeviation : /(o_proj|down_proj)\.weight$/.test(name) ? residual : deviation;
    for (let i = 0; i < data.length; i++) data[i] = shape.length === 1 ? 1 : scale * random.normal();
    return [name, { data, shape }];
  }));
}

interface State { step: number; seconds: number; weights: Map<string, WeightTensor>; moments: Map<string, Moments> }

const vectorsOf = (weights: ReadonlyMap<string, WeightTensor>): Map<string, Float32Array> => new Map([...weights].map(([name, { data }]) => [name, data]));

/** A checkpoint belongs to the settings that it was made with; phases may be lengthened or added. */
const fingerprint = ({ license: _license, training: { phases: _phases, checkpointSeconds: _seconds, ...training }, ...settings }: ModelSettings): string =>
  hashText(JSON.stringify({ ...settings, training })).toString(16);

async function saveState(file: string, settings: ModelSettings, state: State): Promise<void> {
  const tensors: TensorToWrite[] = [...state.weights].flatMap(([name, { data, shape }]) => {
    const moments = state.moments.get(name) as Moments;
    return [['weight', data], ['first', moments.first], ['second', moments.second]].map(([kind, values]): TensorToWrite => ({ name: `${kind as string}:${name}`, dtype: 'F32', shape, data: values as Float32Array }));
  });
  await writeSafetensors(file, tensors, { step: String(state.step), seconds: String(state.seconds), settings: fingerprint(settings) });
}

async function loadState(file: string, settings: ModelSettings, fresh: State): Promise<State> {
  const { tensors, metadata } = await openSafetensors(file);
  if (metadata.settings !== fingerprint(settings)) throw new RangeError(`${file} was made with other settings; remove it to start anew.`);
  const read = async (name: string, target: Float32Array): Promise<void> => {
    const place = tensors.get(name);
    if (!place) throw new RangeError(`${file} lacks ${name}.`);
    target.set(await readTensorF32(place));
  };
  for (const [name, { data }] of fresh.weights) {
    const moments = fresh.moments.get(name) as Moments;
    await read(`weight:${name}`, data);
    await read(`first:${name}`, moments.first);
    await read(`second:${name}`, moments.second);
  }
  return { ...fresh, step: Number(metadata.step), seconds: Number(metadata.seconds) };
}

async function writeModel(file: string, settings: ModelSettings, state: State): Promise<void> {
  const tensors = [...state.weights].map(([name, { data, shape }]): TensorToWrite => ({ name, dtype: 'F32', shape, data }));
  await writeSafetensors(file, tensors, { format: 'pt', recipe: `native-models/recipe, ${settings.id}, seed ${settings.seed}, step ${state.step}` });
}

export interface PretrainRequest {
  settings: ModelSettings;
  /** keeps `state.safetensors`, a look at the model so far, and the log */
  work: string;
  /** gets `model.safetensors` */
  out: string;
  threads: number;
  /** the first batch again and again, nothing saved: a check of gradient and optimiser */
  overfit?: boolean;
  /** stands in for a kill: leaves after this step without saving */
  killAfter?: number;
  print?: (line: string) => void;
}

/** Goes on from the checkpoint in `work`, where there is one. Returns the loss of every step taken. */
export async function pretrain({ settings, work, out, threads, overfit = false, killAfter = Infinity, print = () => {} }: PretrainRequest): Promise<number[]> {
  const { training } = settings;
  const steps = training.phases.reduce((sum, phase) => sum + phase.steps, 0);
  mkdirSync(work, { recursive: true });
  mkdirSync(out, { recursive: true });
  const checkpoint = join(work, 'state.safetensors');
  const log = (line: Record<string, unknown>): void => {
    const text = JSON.stringify(line);
    print(text);
    appendFileSync(join(work, 'log.jsonl'), `${text}\n`);
  };

  const config = parseConfig(modelConfig(settings));
  const encoder = modelEncoder(settings);
  const weights = initialWeights(settings, config);
  let state: State = { step: 0, seconds: 0, weights, moments: initMoments(vectorsOf(weights)) };
  if (!overfit && existsSync(checkpoint)) state = await loadState(checkpoint, settings, state);
  const parameters = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
  log({ event: state.step === 0 ? 'start' : 'resume', step: state.step, parameters, at: new Date().toISOString() });

  const trainer = await Pretrainer.open(config, new Map([...weights].map(([name, { shape }]) => [name, shape])), { device: 'cpu', threads });
  const optimiser = { beta1: training.beta1, beta2: training.beta2, epsilon: 1e-8, weightDecay: training.weightDecay };
  const losses: number[] = [];
  const since = { save: performance.now(), log: performance.now(), step: state.step, loss: 0 };
  while (state.step < steps) {
    const begin = performance.now();
    const step = state.step + 1;
    const batch = makeBatch(settings, encoder, overfit ? 0 : step);
    const { loss, gradients } = await trainer.step(state.weights, batch);
    const norm = gradientNorm(gradients);
    if (!Number.isFinite(loss) || !Number.isFinite(norm)) throw new RangeError(`Step ${step}: loss ${loss}, gradient norm ${norm}.`);
    const { phase, before } = phaseOf(training.phases, step);
    const learningRate = learningRateAt(step - before, phase);
    updateAdamW(vectorsOf(state.weights), gradients, state.moments, optimiser, { step, learningRate, gradientScale: clipScale(norm, training.clipNorm), decays });
    losses.push(loss);
    state.step = step;
    state.seconds += (performance.now() - begin) / 1000;
    since.loss += loss;
    if (step % 25 === 0 || step === steps) {
      const tokens = (step - since.step) * batch.rows * batch.tokens;
      log({ step, loss: round(since.loss / (step - since.step), 4), norm: round(norm, 3), learningRate: round(learningRate, 6), tokensPerSecond: Math.round((1000 * tokens) / (performance.now() - since.log)), seconds: Math.round(state.seconds) });
      Object.assign(since, { log: performance.now(), step, loss: 0 });
    }
    if (step === killAfter) break;
    if (!overfit && performance.now() - since.save > 1000 * training.checkpointSeconds) {
      await saveState(checkpoint, settings, state);
      await writeModel(join(work, 'model.safetensors'), settings, state);
      since.save = performance.now();
    }
  }
  await trainer.release();
  if (!overfit && state.step === steps) {
    await saveState(checkpoint, settings, state);
    await writeModel(join(out, 'model.safetensors'), settings, state);
    log({ event: 'end', step: state.step, seconds: Math.round(state.seconds), at: new Date().toISOString() });
  }
  return losses;
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..');
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { threads: { type: 'string', default: '2' }, work: { type: 'string' }, out: { type: 'string' }, overfit: { type: 'boolean', default: false } },
  });
  const settings = settingsOf(positionals[0] ?? 'tiny-llama');
  const work = values.work ?? join(root, '.cache', settings.id);
  await pretrain({ settings, work, out: values.out ?? join(root, settings.id), threads: Number(values.threads), overfit: values.overfit, print: console.log });
}
