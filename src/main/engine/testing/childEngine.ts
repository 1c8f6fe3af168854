/**
 * A small engine process for tests of the privileged process: it speaks the whole protocol over a real channel, keeps
 * its promises (seeded training, checkpoints, steering, cancelling) and can be told to die. Its "model" is arithmetic.
 *
 * `CHILD_ENGINE_FAULTS` names a JSON file with a list of places, such as "train:7" or "svd:2": reaching one of them
 * strikes it from the list and kills the process as the system would, without a word.
 * `CHILD_ENGINE_HOLDS` names one with places at which a request waits until it is steered or cancelled, or until the
 * place is struck from the list: what a test wants to meet in its middle is still there, however late the test comes.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { SingularError, toErrorDto } from '../../../shared/errors.ts';
import type { Interval, Split, TestScoreDto, TrialDto } from '../../../shared/contract.ts';
import { adaptationMethods } from './childAdaptation.ts';
import type { EngineCalls, EngineMethod, FromEngine, ModelFacts, SteerAction, TaskRow, ToEngine, TrainedTensor } from '../../../engine/host/protocol.ts';

const faultsFile = process.env['CHILD_ENGINE_FAULTS'];
const holdsFile = process.env['CHILD_ENGINE_HOLDS'];
const stepMs = Number(process.env['CHILD_ENGINE_STEP_MS'] ?? 1);

/** Asked again and again while a test takes the file away. */
function placesIn(file: string | undefined): string[] {
  try {
    return file ? JSON.parse(readFileSync(file, 'utf8')) as string[] : [];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function reach(place: string): void {
  const faults = placesIn(faultsFile);
  const index = faults.indexOf(place);
  if (!faultsFile || index < 0) return;
  writeFileSync(faultsFile, JSON.stringify(faults.toSpliced(index, 1)));
  process.kill(process.pid, 'SIGKILL');
  // the signal arrives when it arrives; nothing more is done or said until then
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000);
}

interface Request { signal: AbortSignal; steer: () => SteerAction | undefined; emit: (event: unknown) => void }
async function hold(place: string, { signal, steer }: Request): Promise<void> {
  while (placesIn(holdsFile).includes(place) && !signal.aborted && steer() === undefined) await sleep(5);
}
type Methods = { [M in EngineMethod]: (input: EngineCalls[M]['input'], request: Request) => Promise<EngineCalls[M]['result']> | EngineCalls[M]['result'] };

const stop = (signal: AbortSignal): void => {
  if (signal.aborted) throw new SingularError('cancelled', 'Stopped.');
};
const hashOf = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');
const matrixNames = ['model.layers.0.self_attn.q_proj.weight', 'model.layers.0.mlp.up_proj.weight', 'model.layers.1.self_attn.q_proj.weight'];
const rank = 8;

function facts(folder: string): ModelFacts {
  const path = join(folder, 'config.json');
  if (!existsSync(path)) throw new SingularError('bad-input', `${basename(folder)} has no config.json.`);
  return {
    architecture: 'LlamaForCausalLM', layers: 2, hiddenSize: rank, intermediateSize: 16, vocabularySize: 64, contextLength: 128, parameters: 1000, sizeBytes: 4000,
    dtype: 'float32', hasChatTemplate: false, weightsHash: hashOf(readFileSync(path)),
    matrices: matrixNames.map((name, index) => ({ name, layer: index === 2 ? 1 : 0, projection: index === 1 ? 'up' : 'q', rows: rank, columns: rank, rank })),
  };
}
const svdFile = (place: { folder: string; cacheRoot: string }): string => join(place.cacheRoot, `${facts(place.folder).weightsHash}.svd`);

function readRows(path: string, column: string): { rows: TaskRow[]; unusable: { row: number; reason: string }[]; hash: string; columns: string[] } {
  const text = readFileSync(path, 'utf8');
  const rows: TaskRow[] = [];
  const unusable: { row: number; reason: string }[] = [];
  const columns = new Set<string>();
  text.split('\n').filter((line) => line.trim()).forEach((line, row) => {
    try {
      const data = JSON.parse(line) as Record<string, unknown>;
      Object.keys(data).forEach((key) => columns.add(key));
      const prompt = data[column];
      if (typeof prompt !== 'string' || prompt === '') unusable.push({ row, reason: `“${column}” is empty.` });
      else rows.push({ row, messages: [{ role: 'user', content: prompt }], reference: typeof data['answer'] === 'string' ? data['answer'] : null, data, ...(data['split'] === 'test' && { split: 'test' as const }) });
    } catch {
      unusable.push({ row, reason: 'This line is not JSON.' });
    }
  });
  return { rows, unusable, hash: hashOf(text), columns: [...columns] };
}

const grade = (grader: string, answer: string, row: TaskRow): number => {
  if (grader === 'exact') return answer === row.reference ? 1 : 0;
  if (grader.startsWith('contains:')) return answer.includes(grader.slice(9)) ? 1 : 0;
  throw new SingularError('bad-input', `There is no grader “${grader}”.`);
};

/** One step of a linear congruential generator: the training's whole arithmetic, so that equal numbers mean equal paths. */
const next = (state: number): number => (state * 1_103_515_245 + 12_345) % 2_147_483_648;

const methods: Methods = {
  hello: ({ threads }) => ({ versions: { child: '1', threads: String(threads) }, devices: [{ device: 'cpu', label: 'CPU', available: true }] }),
  memory: () => ({ rssBytes: process.memoryUsage.rss() }),
  modelFacts: ({ folder }) => facts(folder),
  scanCache: () => [],
  download: async ({ hubId, targetRoot }, request) => {
    const { emit, signal } = request;
    const folder = join(targetRoot, hubId.replace('/', '--'));
    mkdirSync(folder, { recursive: true });
    for (let done = 0; done <= 4; done++) {
      stop(signal);
      emit({ doneBytes: done * 100, totalBytes: 400, file: 'model.safetensors' });
      await hold(`download:${done}`, request);
      await sleep(stepMs);
    }
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ hubId }));
    return { folder };
  },
  discardDownload: ({ hubId, targetRoot }) => {
    rmSync(join(targetRoot, hubId.replace('/', '--')), { recursive: true, force: true });
    return null;
  },
  svdState: (place) => {
    const ready = existsSync(svdFile(place));
    return { state: ready ? 'ready' : 'none', done: ready ? 3 : 0, total: 3, sizeBytes: 0 };
  },
  svdBuild: async (place, request) => {
    const { emit, signal } = request;
    for (let done = 1; done <= 3; done++) {
      stop(signal);
      reach(`svd:${done}`);
      await sleep(stepMs);
      emit({ done, total: 3, name: matrixNames[done - 1], secondsLeft: 0 });
      await hold(`svd:${done}`, request);
    }
    writeFileSync(svdFile(place), '');
    return { seconds: 0.1, sizeBytes: 0 };
  },
  inspectDataset: ({ path, mapping }) => {
    const read = readRows(path, mapping?.prompt ?? 'prompt');
    return {
      path, fileName: basename(path), format: 'jsonl', rows: read.rows.length + read.unusable.length, sizeBytes: 0, hash: read.hash,
      columns: read.columns.map((name) => ({ name, type: 'string', example: '' })), recognisedAs: read.rows.some(({ reference }) => reference?.includes('####')) ? 'GSM8K' : 'prompt and answer',
      mapping: mapping ?? { kind: 'prompt-answer', prompt: 'prompt', answer: 'answer' }, suggestedGrader: 'exact', unusable: read.unusable, unusableCount: read.unusable.length,
    };
  },
  readDataset: async ({ path, mapping }, { emit, signal }) => {
    const read = readRows(path, mapping.prompt);
    for (let start = 0; start < read.rows.length; start += 100) {
      stop(signal);
      reach(`read:${start}`);
      emit({ rows: read.rows.slice(start, start + 100) });
      await sleep(0);
    }
    return { rows: read.rows.length, unusable: read.unusable, unusableCount: read.unusable.length, hash: read.hash };
  },
  preview: ({ rows }) => rows.map((row) => ({ row: row.row, text: `<s>${row.messages[0]?.content ?? ''}`, prompt: row.messages[0]?.content ?? '', promptTokens: 2, reference: row.reference })),
  taskRows: ({ rows, mapping, splits }) => {
    const promptOf = (row: TaskRow, column: string): string => {
      const prompt = row.data[column];
      return typeof prompt === 'string' && prompt !== '' ? (mapping?.template?.replace('{prompt}', prompt) ?? prompt) : '';
    };
    const read = mapping ? rows.map((row) => ({ ...row, messages: [{ role: 'user' as const, content: promptOf(row, mapping.prompt) }] })) : rows;
    const usable = read.filter(({ messages }) => messages[0]?.content !== '');
    const share = (of: number): number => Math.round(usable.length * of);
    const splitAt = (i: number): Split => (splits?.by !== 'shares' || i >= share(splits.test) + share(splits.validation) ? 'train' : i < share(splits.test) ? 'test' : 'validation');
    return {
      rows: splits?.by === 'shares' ? usable.map((row, i) => ({ ...row, split: splitAt(i) })) : usable,
      unusable: read.filter((row) => !usable.includes(row)).map(({ row }) => ({ row, reason: `“${mapping?.prompt ?? ''}” is empty.` })),
    };
  },
  gradeRows: ({ grader, rows }) => rows.map(({ row, answer }) => ({ row: row.row, score: grade(grader, answer, row), reason: '' })),
  gradeFile: () => {
    throw new Error('this engine reads no files to grade');
  },
  generate: async ({ rows, sampling }, { emit, signal }) => {
    const texts = rows.map((): string[] => []);
    const results = rows.map((row) => (row.z ? Object.values(row.z).reduce((sum, z) => sum + Math.round(z.reduce((a, b) => a + b, 0)), 0) : matrixNames.length * rank));
    for (let index = 0; index < sampling.maxTokens; index++) {
      stop(signal);
      reach(`generate:${index}`);
      rows.forEach((_, row) => {
        const id = ((results[row] ?? 0) * 7 + index * 13 + sampling.seed) % 64;
        texts[row]?.push(String(id));
        emit({ row, tokens: [{ text: ` ${id}`, id }] });
      });
      await sleep(stepMs);
    }
    return {
      rows: texts.map((ids) => ({ text: ids.map((id) => ` ${id}`).join(''), ids: ids.map(Number), promptIds: [1, 2], promptTokens: 2, stopReason: 'length', logProbs: ids.map(() => -1) })),
      tokensPerSecond: 1, firstTokenMs: 1, ms: 2, device: 'cpu',
    };
  },
  compare: ({ answerIds }) => ({ tokens: answerIds.map((id) => ({ text: ` ${id}`, difference: 0.1 })), klPerToken: 0.1 }),
  objective: () => ({ lastLogits: [], logLikelihood: 0, klPolicyBase: 0, klBasePolicy: 0, objective: 0 }),
  train: async ({ rows, config, checkpoint }, request) => {
    const { emit, signal, steer } = request;
    if (config.weightDecay === 1) throw new SingularError('bad-input', '“weightDecay” 1 leaves nothing to train.');
    const state = checkpoint
      ? JSON.parse(Buffer.from(checkpoint.blob).toString()) as { trial: number; step: number; value: number; best: number; finished: TrialDto[]; trained: number }
      : { trial: 0, step: 0, value: config.seed + 1, best: 0, finished: [], trained: 0 };
    const { finished } = state;
    let { trial, step, value, best, trained } = state;
    const test = (gain: number): TestScoreDto => {
      const around = (mean: number): Interval => ({ mean, low: mean - 0.1, high: mean + 0.1 });
      return { rows: 4, samples: 1, temperature: config.testTemperature, base: around(0.25), score: around(0.25 + gain), gain: around(gain) };
    };
    const save = (): void => emit({ type: 'checkpoint', checkpoint: { trial, step, blob: new Uint8Array(Buffer.from(JSON.stringify({ trial, step, value, best, finished, trained }))) } });
    let stopped = false;
    for (; trial < config.seeds; trial++, step = 0, best = 0, value = config.seed + trial + 1) {
      if (step === 0) emit({ type: 'base', trial, score: 0.25, rows: 4 });
      while (step < config.steps) {
        stop(signal);
        const action = steer();
        if (action) save();
        if (action === 'pause') throw new SingularError('cancelled', 'Paused.');
        if (action === 'keep') {
          stopped = true;
          break;
        }
        await sleep(stepMs);
        step++;
        value = next(value);
        reach(`train:${step}`);
        reach(`train:${config.method}:${step}`);
        const loss = value / 2_147_483_648;
        const samples = [{ trial, step, index: 0, row: 0, prompt: 'p', answer: String(value), reference: null, score: 0, reward: -1, reason: '' }];
        emit({ type: 'step', metric: { trial, step, loss, reward: loss, score: loss, klPolicyBase: 0, gradientNorm: 1, learningRate: 0.1, tokensPerSecond: 1, answerTokens: 1, seconds: 0 }, samples });
        if (step % config.validateEvery === 0) {
          best = Math.max(best, loss);
          emit({ type: 'validation', metric: { trial, step, score: loss, interval: { mean: loss, low: 0, high: 1 }, best: best === loss, rows: 4 } });
        }
        if (step % config.checkpointEvery === 0 && step < config.steps) save();
        const [done, total] = [trial * config.steps + step, config.seeds * config.steps];
        emit({ type: 'progress', done, total, secondsLeft: total - done, note: '' });
        await hold(`train:${step}`, request);
        await hold(`train:${config.method}:${step}`, request);
      }
      if (trial === 0) trained = value;
      finished.push({ trial, seed: config.seed + trial, klCoefficient: config.klCoefficient, steps: step, bestStep: step, baseValidation: 0.25, validation: best, test: test(best - 0.25), seconds: 1, chosen: trial === 0 });
      if (stopped) break;
    }
    const filled = new Float32Array(rank).fill(1 + (trained % 1000) / 1000);
    const tensors: Record<string, TrainedTensor> = config.method === 'svf'
      ? Object.fromEntries(matrixNames.map((name) => [name, { shape: [rank], data: filled }]))
      : { 'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight': { shape: [2, 4], data: filled }, 'base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight': { shape: [4, 2], data: filled } };
    const [first] = finished;
    const used = (split: Split): number => rows.filter((row) => row.split === split).length;
    return {
      tensors, test: first.test, trials: finished, cost: { trainableParameters: 24, seconds: 1, peakMemoryBytes: 2 ** 20, answerTokens: 10 }, bestStep: first.bestStep, steps: first.steps, stoppedEarly: stopped,
      rowsUsed: { train: rows.length - used('validation') - used('test'), validation: used('validation'), test: used('test') },
    };
  },
  control: async ({ rows, config, z, shuffleSeed, samples }, { emit }) => {
    emit({ done: rows.length, total: rows.length, secondsLeft: 0 });
    await sleep(stepMs);
    const zero = { mean: (Object.values(z)[0]?.[0] ?? 1) - 1 + shuffleSeed, low: -1, high: 1 };
    return { rows: config ? rows.filter((row) => row.split === 'test').length : rows.length, samples, temperature: 0, base: zero, score: zero, gain: zero };
  },
  spectrum: (place) => facts(place.folder).matrices.map(({ name, layer, projection }) => ({ name, layer, projection, sigma: Float32Array.from({ length: rank }, (_, i) => rank - i) })),
  evaluate: async ({ rows, samples, grader, sampling, withBase }, { emit, signal }) => {
    let right = 0;
    for (const [index, row] of rows.entries()) {
      stop(signal);
      reach(`evaluate:${index}`);
      right += grade(grader, sampling.seed % 2 === 0 ? (row.reference ?? '') : '', row);
      emit({ done: index * samples, total: rows.length * samples, secondsLeft: 0 });
      await sleep(0);
    }
    const score = right / rows.length;
    const exactly = (mean: number): Interval => ({ mean, low: mean, high: mean });
    const base = { test: { rows: rows.length, samples, temperature: sampling.temperature, base: exactly(0), score: exactly(score), gain: exactly(score) }, samples: [] };
    return { score, interval: exactly(score), rows: rows.length, samples: [], seconds: 0.1, ...(withBase && { base }) };
  },
  ...adaptationMethods({ stepMs, reach, hold, next }),
  exportZ: ({ path, z, metadata }) => {
    writeFileSync(path, JSON.stringify({ z: Object.fromEntries(Object.entries(z).map(([name, vector]) => [name, [...vector]])), metadata }));
    return { path, sizeBytes: 1 };
  },
  exportAdapter: ({ path, method, tensors, rank: r, alpha, metadata }) => {
    mkdirSync(path);
    writeFileSync(join(path, 'adapter_config.json'), JSON.stringify({ peft_type: method.toUpperCase(), r, lora_alpha: alpha, tensors: Object.keys(tensors), metadata }));
    return { path, sizeBytes: 1 };
  },
  exportMerged: ({ path, metadata }) => {
    mkdirSync(path);
    writeFileSync(join(path, 'config.json'), JSON.stringify(metadata));
    return { path, sizeBytes: 1 };
  },
  importZ: ({ path, against }) => {
    let file: { z: Record<string, number[]>; metadata: Record<string, string> };
    try {
      file = JSON.parse(readFileSync(path, 'utf8')) as typeof file;
    } catch {
      throw new SingularError('bad-input', `${basename(path)} is not an expert.`);
    }
    if (against && file.metadata['weights_hash'] !== against.weightsHash) throw new SingularError('conflict', `${basename(path)} belongs to other weights.`);
    return { z: Object.fromEntries(Object.entries(file.z).map(([name, z]) => [name, Float32Array.from(z)])), metadata: file.metadata };
  },
};

const open = new Map<number, { abort: AbortController; action: SteerAction | undefined }>();
const send = (message: FromEngine): void => void process.send?.(message);

process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToEngine) => {
  if ('cancel' in message) return open.get(message.cancel)?.abort.abort();
  if ('steer' in message) {
    const request = open.get(message.steer);
    if (request) request.action = message.action;
    return;
  }
  const { id, method, input } = message;
  const entry = { abort: new AbortController(), action: undefined as SteerAction | undefined };
  open.set(id, entry);
  reach(`call:${method}`);
  const run = methods[method] as (input: unknown, request: Request) => unknown;
  const request: Request = { signal: entry.abort.signal, steer: () => entry.action, emit: (event) => send({ id, event }) };
  void (async () => run(input, request))().then(
    (result) => send({ id, result }),
    (error: unknown) => send({ id, error: toErrorDto(error) }),
  ).finally(() => open.delete(id));
});

if (process.env['CHILD_ENGINE_SILENT'] !== '1') {
  process.stderr.write('child engine up\n');
  reach('start');
  send({ ready: true, pid: process.pid });
}
