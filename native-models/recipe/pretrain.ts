/**
 * node native-models/recipe/pretrain.ts [model] [--threads n] [--steps n] [--work folder] [--out folder] [--overfit]
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
import { makeBatch, type Batch } from './corpus.ts';
import { modelConfig, trainModelTokenizer } from './files.ts';
import { createRandom, hashText } from './random.ts';
import { learningRateAt } from './schedule.ts';
import { settingsOf } from './settings/index.ts';
import type { ModelSettings } from './settings/settings.ts';
import { createEncoder } from './tokenizer.ts';

/** N(0, σ²); projections into the residual stream scaled by 1/√(2·layers) (GPT-2), norms one. */
export function initialWeights(settings: ModelSettings, config: ModelConfig): Map<string, WeightTensor> {
  const deviation = settings.training.initDeviation;
  const residual = deviation / Math.sqrt(2 * config.layers);
  return new Map([...expectedTensors(config)].map(([name, shape]) => {
    const random = createRandom(settings.seed, `weights ${name}`);
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    const scale = /(o_proj|down_proj)\.weight$/.test(name) ? residual : deviation;
    for (let i = 0; i < data.length; i++) data[i] = shape.length === 1 ? 1 : scale * random.normal();
    return [name, { data, shape }];
  }));
}

interface State { step: number; seconds: number; weights: Map<string, WeightTensor>; moments: Map<string, Moments> }

const vectorsOf = (weights: ReadonlyMap<string, WeightTensor>): Map<string, Float32Array> => new Map([...weights].map(([name, { data }]) => [name, data]));

/** A checkpoint belongs to the settings that it was made with; on the plateau, the run's length may still change. */
const fingerprint = ({ license: _license, training: { steps: _steps, checkpointSeconds: _seconds, ...training }, ...settings }: ModelSettings): string =>
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

export async function writeModel(file: string, settings: ModelSettings, state: State): Promise<void> {
  const tensors = [...state.weights].map(([name, { data, shape }]): TensorToWrite => ({ name, dtype: 'F32', shape, data }));
  await writeSafetensors(file, tensors, { format: 'pt', recipe: `native-models/recipe, ${settings.id}, seed ${settings.seed}, step ${state.step}` });
}

async function main(): Promise<void> {
  const here = dirname(fileURLToPath(import.meta.url));
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { threads: { type: 'string', default: '2' }, work: { type: 'string' }, out: { type: 'string' }, steps: { type: 'string' }, overfit: { type: 'boolean', default: false } },
  });
  const settings = settingsOf(positionals[0] ?? 'tiny-llama');
  const { training } = settings;
  // --steps shortens the whole run, decay included: a pilot
  if (values.steps !== undefined) training.steps = Number(values.steps);
  const work = values.work ?? join(here, '..', '.cache', settings.id);
  const out = values.out ?? join(here, '..', settings.id);
  mkdirSync(work, { recursive: true });
  mkdirSync(out, { recursive: true });
  const checkpoint = join(work, 'state.safetensors');
  const log = (line: Record<string, unknown>): void => {
    const text = JSON.stringify(line);
    console.log(text);
    appendFileSync(join(work, 'log.jsonl'), `${text}\n`);
  };

  const config = parseConfig(modelConfig(settings));
  const encoder = createEncoder(trainModelTokenizer(settings));
  const weights = initialWeights(settings, config);
  let state: State = { step: 0, seconds: 0, weights, moments: initMoments(vectorsOf(weights)) };
  if (!values.overfit && existsSync(checkpoint)) state = await loadState(checkpoint, settings, state);
  const parameters = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
  log({ event: state.step === 0 ? 'start' : 'resume', step: state.step, parameters, at: new Date().toISOString() });

  const trainer = await Pretrainer.open(config, new Map([...weights].map(([name, { shape }]) => [name, shape])), { device: 'cpu', threads: Number(values.threads) });
  const optimiser = { beta1: training.beta1, beta2: training.beta2, epsilon: 1e-8, weightDecay: training.weightDecay };
  let lastSave = performance.now();
  let lastLog = performance.now();
  let window: { loss: number; tokens: number } = { loss: 0, tokens: 0 };
  let logged = state.step;
  while (state.step < training.steps) {
    const begin = performance.now();
    const step = state.step + 1;
    const batch: Batch = makeBatch(settings, encoder, values.overfit ? 0 : step);
    const { loss, gradients } = await trainer.step(state.weights, batch);
    const norm = gradientNorm(gradients);
    if (!Number.isFinite(loss) || !Number.isFinite(norm)) throw new RangeError(`Step ${step}: loss ${loss}, gradient norm ${norm}.`);
    const learningRate = learningRateAt(step, training);
    updateAdamW(vectorsOf(state.weights), gradients, state.moments, optimiser, { step, learningRate, gradientScale: clipScale(norm, training.clipNorm), decays: (name) => !name.endsWith('norm.weight') });
    state.step = step;
    state.seconds += (performance.now() - begin) / 1000;
    window = { loss: window.loss + loss, tokens: window.tokens + batch.rows * batch.tokens };
    if (step % 25 === 0 || step === training.steps) {
      log({ step, loss: round(window.loss / (step - logged), 4), norm: round(norm, 3), learningRate: round(learningRate, 6), tokensPerSecond: Math.round((1000 * window.tokens) / (performance.now() - lastLog)), seconds: Math.round(state.seconds) });
      [window, logged, lastLog] = [{ loss: 0, tokens: 0 }, step, performance.now()];
    }
    if (!values.overfit && performance.now() - lastSave > 1000 * training.checkpointSeconds) {
      await saveState(checkpoint, settings, state);
      await writeModel(join(work, 'model.safetensors'), settings, state);
      lastSave = performance.now();
    }
  }
  if (!values.overfit) {
    await saveState(checkpoint, settings, state);
    await writeModel(join(out, 'model.safetensors'), settings, state);
  }
  log({ event: 'end', step: state.step, seconds: Math.round(state.seconds), at: new Date().toISOString() });
  await trainer.release();
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
