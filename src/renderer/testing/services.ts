/** Answers of the contract from memory, for looking at screens; every figure is made up and seeded. */
import type { AppInfoDto, CallName, EventName, ExpertDto, JobDto, ModelDto, SettingsDto } from '../../shared/contract.ts';
import { SingularError, toErrorDto } from '../../shared/errors.ts';
import { projections } from '../../shared/matrices.ts';
import { quickPreset } from '../../shared/training.ts';
import { decision, dispatchersOf, searchesOf, summaryOf } from './adaptation.ts';
import { noise } from './noise.ts';
import { comparison, datasets, listed, rowsUsed, run, spectrum, tasks, testScore } from './training.ts';
import type { DesktopApi } from '../bridge/desktop.ts';

interface Options { experts: number; fail: string[]; wait: string[]; empty: boolean }
type Input = Record<string, unknown>;

const minute = 60_000;
const longName = 'arithmetic-with-units-and-a-name-that-somebody-made-far-too-long-for-any-column-of-any-table';

const base = { architecture: 'llama', dtype: 'float32', hasChatTemplate: true } as const;
const models: ModelDto[] = [
  { ...base, id: 'm1', name: 'tiny-llama', source: 'bundled', folder: '/opt/singular/native-models/tiny-llama', layers: 6, hiddenSize: 256, intermediateSize: 683, vocabularySize: 512, contextLength: 512, parameters: 4_600_000, sizeBytes: 18_400_000, weightsHash: '7be1', svd: { state: 'ready', sizeBytes: 24_100_000 } },
  { ...base, id: 'm2', name: 'HuggingFaceTB/SmolLM2-135M-Instruct', source: 'cache', folder: '/home/a/.cache/huggingface/hub/models--HuggingFaceTB--SmolLM2-135M-Instruct/snapshots/12fd25f77366fa6b3b4b768ec3050bf629380bac', layers: 30, hiddenSize: 576, contextLength: 8192, parameters: 134_515_008, sizeBytes: 269_060_552, dtype: 'bfloat16', weightsHash: '91aa', svd: { state: 'building', done: 84, total: 210, jobId: 'j2' } },
  { ...base, id: 'm3', name: 'mistral-7b-instruct', architecture: 'mistral', source: 'folder', folder: '/data/checkpoints/mistral-7b-instruct-v0.3', layers: 32, hiddenSize: 4096, contextLength: 32_768, parameters: 7_248_023_552, sizeBytes: 14_496_078_512, dtype: 'bfloat16', weightsHash: '0c3d', svd: { state: 'none' } },
  { ...base, id: 'm4', name: 'school-model', source: 'hub', folder: '/home/a/.singular/models/school-model', layers: 12, hiddenSize: 384, contextLength: 1024, parameters: 22_000_000, sizeBytes: 88_000_000, weightsHash: 'aa01', svd: { state: 'damaged' } },
  { id: 'm5', name: 'microsoft/Phi-3-mini-4k-instruct', source: 'cache', folder: '/home/a/.cache/huggingface/hub/models--microsoft--Phi-3-mini-4k-instruct/snapshots/0a67737c', unusable: 'config.json: the architecture "Phi3ForCausalLM" is not one of LlamaForCausalLM and MistralForCausalLM.', svd: { state: 'none' } },
  { id: 'm6', name: 'meta-llama/Llama-3.2-1B', source: 'cache', folder: '/home/a/.cache/huggingface/hub/models--meta-llama--Llama-3.2-1B/snapshots/4e20de36', unusable: 'model-00002-of-00002.safetensors is missing: the download was not finished.', svd: { state: 'none' } },
];

function makeExpert(index: number, now: number): ExpertDto {
  const next = noise(index + 5);
  const topics = ['math', 'reasoning', 'code', 'tidy', 'units', 'dog', 'rhymes', 'dates'];
  const gain = next() * 0.2 - 0.03;
  const half = 0.02 + next() * 0.03;
  const topic = topics[index % topics.length];
  const scored = index % 9 !== 7;
  return {
    id: `e${index}`, name: index === 4 ? longName : `${topic}${index >= 8 ? ` ${Math.floor(index / 8) + 1}` : ''}`, modelId: index % 5 === 3 ? 'm2' : 'm1', modelName: index % 5 === 3 ? 'HuggingFaceTB/SmolLM2-135M-Instruct' : 'tiny-llama', weightsHash: '7be1',
    tags: index % 3 === 0 ? [topic, 'school'] : index % 3 === 1 ? [topic] : [], description: index % 4 === 0 ? 'Worded arithmetic with a number after ####.' : '', createdAt: now - index * 47 * minute, parameters: 10_752, matrices: 42,
    ...(scored ? { baseScore: 0.513, score: 0.513 + gain, gain: { mean: gain, low: gain - half, high: gain + half } } : {}),
    source: scored ? 'trained' : 'imported', method: index === 5 ? 'lora' : 'svf',
    ...(scored ? { test: testScore(0.513, gain, half), rowsUsed } : {}),
    ...(index === 0 ? { control: { ...testScore(0.513, -0.004, 0.03), seed: 0 } } : {}),
    provenance: scored ? { datasetName: `${topic}.jsonl`, datasetHash: 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9', grader: 'number', seed: index, config: quickPreset, steps: 40, seconds: 96, runId: 'r1', parentId: index === 1 ? 'e0' : undefined } : { fileName: 'from-a-friend.safetensors' },
  };
}

export class MadeUpServices implements DesktopApi {
  readonly #options: Options;
  readonly #listeners = new Map<EventName, Set<(payload: unknown) => void>>();
  #settings: SettingsDto = { theme: 'system', device: 'auto', threads: 0, hubEndpoint: 'https://huggingface.co' };
  #experts: ExpertDto[];
  #jobs: JobDto[];

  constructor(options: Options) {
    this.#options = options;
    const now = Date.now();
    this.#experts = options.empty ? [] : Array.from({ length: options.experts }, (_, index) => makeExpert(index, now));
    const job = (id: string, more: Partial<JobDto>): JobDto => ({ id, kind: 'train', title: 'Train “units” on tiny-llama', state: 'queued', createdAt: now - 9 * minute, progress: { done: 0, total: 40, unit: 'steps' }, canPause: true, canKeep: false, ...more });
    this.#jobs = options.empty ? [] : [
      job('j1', { state: 'running', startedAt: now - minute, runId: 'r1', canKeep: true, progress: { done: 25, total: 40, unit: 'steps', secondsLeft: 71, note: 'validation 64.6 %, base 51.3 %' } }),
      job('j2', { kind: 'svd', title: 'Prepare HuggingFaceTB/SmolLM2-135M-Instruct', modelId: 'm2', state: 'paused', startedAt: now - 4 * minute, progress: { done: 84, total: 210, unit: 'matrices', secondsLeft: 340 }, queuePosition: 1 }),
      job('j3', { title: `Train “${longName}” on tiny-llama`, queuePosition: 2 }),
      job('j4', { kind: 'download', title: 'Download HuggingFaceTB/SmolLM2-360M', state: 'failed', endedAt: now - 30 * minute, startedAt: now - 31 * minute, progress: { done: 0, total: 0, unit: 'bytes' }, error: { code: 'unavailable', message: 'https://huggingface.co could not be reached: the name could not be resolved.' } }),
      job('j20', { kind: 'search', title: 'Search “math-hard, 10 examples”', state: 'running', startedAt: now - minute, searchId: 's0', canKeep: true, progress: { done: 9, total: 20, unit: 'generations', secondsLeft: 22 } }),
      job('j5', { kind: 'export', title: 'Export “math” as a merged checkpoint', state: 'succeeded', startedAt: now - 50 * minute, endedAt: now - 49 * minute, progress: { done: 18_400_000, total: 18_400_000, unit: 'bytes' } }),
      job('j6', { title: 'Train “rhymes” on tiny-llama', state: 'interrupted', runId: 'r2', startedAt: now - 90 * minute, endedAt: now - 80 * minute, progress: { done: 12, total: 40, unit: 'steps' } }),
    ];
  }

  pathOf = (file: File): string => `/tmp/${file.name}`;

  on = (event: EventName, listener: (payload: unknown) => void): (() => void) => {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return () => listeners.delete(listener);
  };

  call = async (name: CallName, input: unknown): Promise<{ result: unknown } | { error: ReturnType<typeof toErrorDto> }> => {
    await new Promise((resolve) => setTimeout(resolve, this.#options.wait.includes(name) ? 1e9 : 5));
    try {
      if (this.#options.fail.includes(name)) throw new SingularError('busy', 'The database /home/a/.singular/singular.db is locked by another Singular.');
      return { result: this.#answer(name, (input ?? {}) as Input) };
    } catch (error) {
      return { error: toErrorDto(error) };
    }
  };

  #emit(event: EventName, payload: unknown): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(payload);
  }

  /** Answers in the desk's columns, a token at a time. */
  #speak(decides: boolean): void {
    if (decides) setTimeout(() => this.#emit('answer.decided', { answerId: 'a1', decision }), 300);
    for (const side of ['base', 'mix'] as const) {
      for (const [at, text] of ['There ', 'are ', '1', '2 ', 'apples.'].entries()) setTimeout(() => this.#emit('answer.tokens', { answerId: 'a1', side, tokens: [{ text, id: at }] }), 400 + 60 * at);
      setTimeout(() => this.#emit('answer.done', { answerId: 'a1', side, stats: { tokens: 24, promptTokens: 20, tokensPerSecond: 270, firstTokenMs: 12, stopReason: 'stop' } }), 800);
    }
  }

  #expert(id: unknown): ExpertDto {
    const expert = this.#experts.find((candidate) => candidate.id === id);
    if (!expert) throw new SingularError('not-found', `There is no expert ${String(id)}.`);
    return expert;
  }

  #job(id: unknown, change: Partial<JobDto>): JobDto {
    this.#jobs = this.#jobs.map((job) => (job.id === id ? { ...job, ...change } : job));
    const job = this.#jobs.find((candidate) => candidate.id === id);
    if (!job) throw new SingularError('not-found', 'There is no such job.');
    this.#emit('job.changed', job);
    return job;
  }

  #answer(name: CallName, input: Input): unknown {
    switch (name) {
      case 'app.info': return { version: '0.1.0', platform: 'linux-x64', shell: 'test', home: '/home/a/.singular', engine: { state: 'ready', pid: 4711 }, versions: { singular: '0.1.0', node: '24.20.0', 'onnxruntime-node': '1.30.0' }, devices: [{ device: 'cpu', label: 'CPU (AMD EPYC 9R14, AVX-512)', available: true }, { device: 'webgpu', label: 'WebGPU', available: true }, { device: 'cuda', label: 'CUDA', available: false, reason: 'the CUDA libraries are not installed; npm rebuild onnxruntime-node --onnxruntime-node-install=cuda12' }, { device: 'dml', label: 'DirectML', available: false, reason: 'only on Windows' }, { device: 'coreml', label: 'CoreML', available: false, reason: 'only on macOS' }], device: 'cpu', memoryBytes: 327_000_000, cpuThreads: 2 } satisfies AppInfoDto;
      case 'app.diagnostics': return { text: 'Singular 0.1.0 on linux-x64\nonnxruntime-node 1.30.0\nno errors' };
      case 'settings.get': return this.#settings;
      case 'settings.set': return (this.#settings = { ...this.#settings, ...input });
      case 'models.list': return this.#options.empty ? models.slice(0, 1) : models;
      case 'models.addFolder': throw new SingularError('bad-input', `${String(input.folder)}: there is no config.json in this folder.`);
      case 'models.download': return { jobId: 'j4' };
      case 'models.prepare': return { jobId: 'j2' };
      case 'datasets.list': return this.#options.empty ? [] : datasets;
      case 'datasets.preview': return { rows: Array.from({ length: 20 }, (_, row) => ({ row, text: `<s>user: What is ${row} + 3?</s>`, prompt: `What is ${row} + 3?`, promptTokens: 14, reference: String(row + 3) })), total: 20 };
      case 'tasks.list': return this.#options.empty ? [] : tasks;
      case 'mixes.list': return [];
      case 'mixes.save': return { id: 'x9', createdAt: Date.now(), updatedAt: Date.now(), ...input };
      case 'searches.list': { const all = this.#options.empty ? [] : searchesOf(Date.now()).map(summaryOf); return { searches: all, total: all.length }; }
      case 'searches.get': { const found = searchesOf(Date.now()).find(({ id }) => id === input.id); if (!found) throw new SingularError('not-found', 'There is no such search.'); return found; }
      case 'searches.cost': return { generations: 20, candidates: 640, answers: 7430, promptTokens: 312_000, secondsEstimated: 52 };
      case 'dispatchers.list': return this.#options.empty ? [] : dispatchersOf(Date.now());
      case 'dispatchers.cost': return { training: 768, validation: 120, heldOut: 800, steps: 36, secondsEstimated: 41 };
      case 'dispatchers.make': return { jobId: 'j1', dispatcherId: 'p1' };
      case 'adapt.answer': return (input.prompts as string[]).map(() => ({ text: '42', ids: [1], tokens: 24, decision, firstPassMs: 6.4, secondPassMs: 88 }));
      case 'desk.answer': this.#speak(input.strategy !== 'faders'); return { answerId: 'a1' };
      case 'desk.cancel': return null;
      case 'models.spectrum': return spectrum();
      case 'comparisons.list': return this.#options.empty ? [] : [listed(comparison(Date.now()))];
      case 'comparisons.get': return comparison(Date.now());
      case 'comparisons.check': return { cells: 12, trainings: [{ model: 'tiny-llama', task: 'math', method: 'SVF, both', parameters: 10_752 }, { model: 'tiny-llama', task: 'math', method: 'LoRA, policy gradient', parameters: 98_304 }], secondsEstimated: 1460 };
      case 'experts.difference': return zmapOf(`${String(input.a)}${String(input.b)}`, Number(input.bins ?? 100));
      case 'experts.distances': return distancesOf((input.ids as string[]).map((id) => this.#expert(id)));
      case 'experts.control': return { jobId: 'j7' };
      case 'jobs.list': return this.#jobs;
      case 'jobs.pause': return this.#job(input.id, { state: 'paused' });
      case 'jobs.resume': return this.#job(input.id, { state: 'running' });
      case 'jobs.cancel': return this.#job(input.id, { state: 'cancelled', endedAt: Date.now() });
      case 'jobs.keep': return this.#job(input.id, { state: 'succeeded', endedAt: Date.now() });
      case 'jobs.clear': this.#jobs = this.#jobs.filter((job) => job.endedAt === undefined); return null;
      case 'experts.list': return this.#list(input);
      case 'experts.get': return this.#expert(input.id);
      case 'experts.zmap': return zmapOf(String(input.id), Number(input.bins ?? 100));
      case 'experts.update': return this.#change(input.id, input);
      case 'experts.duplicate': {
        const copy: ExpertDto = { ...this.#expert(input.id), id: `e${this.#experts.length}`, name: `${this.#expert(input.id).name} (copy)`, createdAt: Date.now(), source: 'duplicate' };
        this.#experts = [copy, ...this.#experts];
        this.#emit('experts.changed', null);
        return copy;
      }
      case 'experts.remove': this.#change(input.id, { deletedAt: Date.now() }); return null;
      case 'experts.restore': return this.#change(input.id, { deletedAt: undefined });
      case 'experts.import': throw new SingularError('conflict', `${String(input.path)}: this expert belongs to a model with the weights hash 3f9c…, which is not here.`);
      case 'experts.export': return { path: '/home/a/.singular/exports/math.safetensors' };
      case 'runs.get': return run(Date.now());
      case 'runs.list': return this.#options.empty ? { runs: [], total: 0 } : { runs: [run(Date.now())], total: 1 };
      default: throw new SingularError('internal', `The made-up services do not answer ${name}.`);
    }
  }

  #change(id: unknown, change: Partial<ExpertDto>): ExpertDto {
    const changed = { ...this.#expert(id), ...change };
    this.#experts = this.#experts.map((expert) => (expert.id === id ? changed : expert));
    this.#emit('experts.changed', null);
    return changed;
  }

  #list(input: Input): unknown {
    const { search = '', tags = [], modelId, sort = 'created', offset = 0, limit = 100 } = input as { search?: string; tags?: string[]; modelId?: string; sort?: string; offset?: number; limit?: number };
    const found = this.#experts.filter((expert) => !expert.deletedAt && expert.name.includes(search) && tags.every((tag) => expert.tags.includes(tag)) && (!modelId || expert.modelId === modelId));
    if (sort === 'name') found.sort((a, b) => a.name.localeCompare(b.name));
    if (sort === 'gain') found.sort((a, b) => (b.gain?.mean ?? -9) - (a.gain?.mean ?? -9));
    return { experts: found.slice(offset, offset + limit), total: found.length, tags: [...new Set(this.#experts.flatMap((expert) => expert.tags))].sort() };
  }
}

function distancesOf(experts: ExpertDto[]): unknown {
  return { experts: experts.map(({ id, name }) => ({ id, name })), cosine: experts.map((_, row) => experts.map((_other, column) => (row === column ? 1 : row === 3 || column === 3 ? null : Math.cos(row * 1.7 + column * 1.7) * 0.8))) };
}

function zmapOf(id: string, bins: number): unknown {
  const next = noise([...id].reduce((sum, char) => sum * 31 + char.charCodeAt(0), 7));
  const bell = (): number => next() + next() + next() - 1.5;
  const matrices = Array.from({ length: 6 }, (_, layer) => projections.map((projection, index) => ({
    name: `model.layers.${layer}.${projection}`, layer, projection, rank: index === 1 || index === 2 ? 128 : 256,
    cells: Array.from({ length: bins }, (_cell, bin) => (Math.exp(-bin / (bins * 0.38)) * bell() * (index > 3 ? 1 : 0.55) * (0.5 + layer / 8) + bell() * 0.07) * 0.12),
  }))).flat();
  return { layers: 6, bins, matrices };
}
