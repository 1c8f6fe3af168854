/**
 * A cell that trains nothing: it puts experts of an earlier comparison to use on a task and is scored against the base on
 * the task's test rows. What it chooses by are validation rows. A search goes on from its last generation; the rest takes
 * less than a training's step between checkpoints and begins anew.
 */
import type { EngineCalls, TaskRow, Tuning, Way } from '../../../engine/host/protocol.ts';
import type { StrategyDetail } from '../../../shared/comparison.ts';
import { samplingSchema, type CostDto, type Sampling, type TestScoreDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import { median } from '../../../shared/statistics.ts';
import type { CellRecord, FrozenStrategy } from '../../db/index.ts';
import type { JobRun } from '../../jobs/runner.ts';
import { divisionOf, makeDispatcher, type Made } from '../adaptation/dispatching.ts';
import { found } from '../basics/found.ts';
import { fittedNumbers, searchConfigOf, storedTaskOf } from '../comparisons/strategies.ts';
import { tuningOf } from '../experts/tuning.ts';
import type { UsableModel } from '../models/catalog.ts';
import { rowsOfTask } from '../tasks/rows.ts';
import { earlierTrainings } from '../training/earlier.ts';
import type { RunnerContext } from './context.ts';
import { follow } from './follow.ts';
import { withPeakMemory } from './memory.ts';
import { runSearch, type SearchInput } from './searching.ts';

export interface StrategyRequest {
  comparisonId: string;
  cell: CellRecord & { strategy: FrozenStrategy };
  name: string;
  model: UsableModel;
  onSteer: JobRun['onSteer'];
  show(done: number, secondsLeft?: number): void;
  /** what cells of one comparison share while it runs; all of it can be had again */
  shared: Shared;
}
/** The base's scores, and dispatchers, by what they depend on. */
export class Shared {
  readonly baseScores = new Map<string, number[]>();
  readonly dispatchers = new Map<string, Made>();
}
export interface StrategyOutcome { test: TestScoreDto; cost: CostDto; detail: StrategyDetail }

/** Single questions whose passes are timed, both inside the engine. */
const timedQuestions = 41;

export async function runStrategy(context: RunnerContext, run: JobRun, request: StrategyRequest): Promise<StrategyOutcome> {
  const { result, peakMemoryBytes } = await withPeakMemory(context.engine, () => putToUse(context, run, request));
  return { ...result, cost: { ...result.cost, peakMemoryBytes } };
}

type Used = Omit<StrategyOutcome, 'cost'> & { cost: Omit<CostDto, 'peakMemoryBytes'> };

async function putToUse(context: RunnerContext, run: JobRun, request: StrategyRequest): Promise<Used> {
  const { cell, model } = request;
  const { strategy, experts, adapters } = cell.strategy;
  const detail: StrategyDetail = { kind: strategy.kind, experts: experts.map(({ task }) => task) };
  if (strategy.kind === 'search') return searched(context, run, request, detail);
  const began = performance.now();
  const use = new Use(context, run, request);
  const rows = await use.rows(strategy.kind === 'expert' || strategy.kind === 'dispatcher' ? 0 : strategy.selectionRows);
  const seconds = (): number => (performance.now() - began) / 1000;
  const end = (contrast: EngineCalls['contrast']['result']): Used => ({
    test: contrast.test, cost: { trainableParameters: 0, seconds: seconds(), answerTokens: contrast.answerTokens }, detail,
  });
  const zOf = (id: string): Tuning => ({ method: 'svf', z: context.vectors.ofExpert(id) });
  switch (strategy.kind) {
    case 'expert':
      detail.chosen = strategy.task;
      return end(await use.contrast(rows.test, zOf(found(experts.find(({ task }) => task === strategy.task), `expert of ${strategy.task}`).id)));
    case 'best-expert':
    case 'shuffled':
    case 'adapter': {
      const candidates = strategy.kind === 'adapter' ? adapters.map(({ id, task }) => ({ task, tuning: tuningOf(context.stores, id) })) : experts.map(({ id, task }) => ({ task, tuning: zOf(id) }));
      const selection: { name: string; score: number }[] = [];
      for (const { task, tuning } of candidates) selection.push({ name: task, score: await use.score(rows.validation, tuning) });
      // the first of equals, so that the same numbers choose the same
      const best = selection.reduce((leader, { score }, i) => (score > selection[leader].score ? i : leader), 0);
      const { task, tuning } = candidates[best];
      Object.assign(detail, { selection, chosen: task });
      const way: Way = strategy.kind === 'shuffled' && tuning.method === 'svf' ? { method: 'shuffled', z: tuning.z, seed: cell.seed } : tuning;
      return end(await use.contrast(rows.test, way));
    }
    case 'dispatcher': {
      const { state, measured } = await use.dispatcher(strategy.by);
      const place = context.catalog.place(model);
      const decide = async (of: readonly TaskRow[]): Promise<EngineCalls['dispatch']['result']> => follow(run, context.engine.request('dispatch', { model: place, dispatcher: state, questions: of.map(({ messages }) => messages) }));
      const { decisions } = await decide(rows.test);
      const choice = decisions.map(({ expert }) => expert);
      const zs = experts.map(({ id }) => context.vectors.ofExpert(id));
      detail.dispatch = { accuracy: measured.accuracy, confusion: measured.confusion, choices: [...experts.map((_, i) => choice.filter((expert) => expert === i).length), choice.filter((expert) => expert === null).length] };
      const contrast = await use.contrast(rows.test, { method: 'per-row', zs, choice });
      const times: { first: number; second: number }[] = [];
      for (const [i, row] of rows.test.slice(0, timedQuestions).entries()) {
        const first = (await decide([row])).ms;
        times.push({ first, second: await use.answerMs(row, choice[i] === null ? undefined : zs[choice[i]]) });
      }
      // the first one opens sessions for batches of one
      const counted = times.length > 1 ? times.slice(1) : times;
      Object.assign(detail, { firstPassMs: median(counted.map(({ first }) => first)), secondPassMs: median(counted.map(({ second }) => second)) });
      return end(contrast);
    }
  }
}

/** The engine's answers to this cell's rows. */
class Use {
  readonly #context: RunnerContext;
  readonly #run: JobRun;
  readonly #request: StrategyRequest;
  readonly #sampling: Sampling;

  constructor(context: RunnerContext, run: JobRun, request: StrategyRequest) {
    this.#context = context;
    this.#run = run;
    this.#request = request;
    const { config } = request.cell;
    this.#sampling = samplingSchema.parse({ maxTokens: config.maxTokens, temperature: config.testTemperature, topP: config.topP });
    // a pause ends the request at hand: this cell begins anew
    request.onSteer(() => this.#current?.cancel());
  }

  #current: { cancel(): void } | undefined;

  async #ask<M extends 'chooseRows' | 'evaluate' | 'contrast' | 'generate'>(method: M, input: EngineCalls[M]['input'], onEvent?: (event: EngineCalls[M]['event']) => void): Promise<EngineCalls[M]['result']> {
    const request = this.#context.engine.request(method, input, onEvent);
    this.#current = request;
    return follow(this.#run, request);
  }

  async rows(selection: number): Promise<EngineCalls['chooseRows']['result']> {
    const { cell, model } = this.#request;
    const { experts, adapters } = cell.strategy;
    const trainings = await earlierTrainings(this.#context, cell, [...experts, ...adapters].map(({ id }) => id));
    const rows = await this.#ask('chooseRows', { rows: await rowsOfTask(this.#context, cell), trainings, seed: cell.seed, room: { folder: model.folder, raw: cell.raw }, atMost: { train: 0, validation: selection, test: cell.config.testRows } });
    if (rows.test.length === 0) throw new SingularError('bad-input', `The dataset “${cell.task}” leaves no test rows to score on.`);
    return rows;
  }

  async score(rows: TaskRow[], tuning: Tuning): Promise<number> {
    const { cell, model } = this.#request;
    return (await this.#ask('evaluate', { model: this.#context.catalog.place(model), rows, grader: cell.grader, raw: cell.raw, tuning, sampling: this.#sampling, samples: 1 })).score;
  }

  async contrast(rows: TaskRow[], way: Way): Promise<EngineCalls['contrast']['result']> {
    const { cell, model, shared, show } = this.#request;
    const key = JSON.stringify([model.id, cell.datasetId, cell.reading, cell.grader, cell.raw, this.#sampling, rows.map(({ row }) => row)]);
    const base = shared.baseScores.get(key);
    const result = await this.#ask('contrast', {
      model: this.#context.catalog.place(model), rows, grader: cell.grader, raw: cell.raw, sampling: this.#sampling, way, ...(base && { base }),
    }, ({ secondsLeft }) => show(0, secondsLeft));
    shared.baseScores.set(key, result.baseScores);
    return result;
  }

  async answerMs({ messages }: TaskRow, z: Extract<Tuning, { method: 'svf' }>['z'] | undefined): Promise<number> {
    const { cell, model } = this.#request;
    const { ms } = await this.#ask('generate', { model: this.#context.catalog.place(model), rows: [{ prompt: cell.raw ? messages.map(({ content }) => content).join('\n') : messages, raw: cell.raw, ...(z && { z }) }], sampling: this.#sampling });
    return ms;
  }

  /** One for all tasks of a model and seed. */
  async dispatcher(kind: Parameters<typeof makeDispatcher>[1]['kind']): Promise<Made> {
    const { cell, model, shared } = this.#request;
    const key = JSON.stringify([model.id, cell.seed, kind, cell.strategy.experts]);
    const known = shared.dispatchers.get(key);
    if (known) return known;
    const { stores } = this.#context;
    const taught = cell.strategy.experts.map(({ id, task, datasetId, reading }) => ({ expert: { id, name: task, description: '' }, dataset: found(stores.datasets.get(datasetId), `dataset “${task}” any more`), reading, config: divisionOf(stores.experts.get(id)) }));
    const made = await makeDispatcher(this.#context, {
      model, kind, taught, foreign: cell.strategy.foreignIds.flatMap((id) => stores.datasets.get(id) ?? []), seed: cell.seed,
      follow: (request) => {
        this.#current = request;
        return follow(this.#run, request);
      },
      onProgress: () => this.#request.show(0),
    });
    shared.dispatchers.set(key, made);
    return made;
  }
}

/** A search is recorded like any other, in a record that belongs to the comparison. */
async function searched(context: RunnerContext, run: JobRun, request: StrategyRequest, detail: StrategyDetail): Promise<Used> {
  const { stores, clock, newId } = context;
  const { cell, comparisonId, name, model } = request;
  const { strategy, experts } = cell.strategy;
  if (strategy.kind !== 'search') throw new SingularError('internal', 'This cell is no search.');
  const config = searchConfigOf(strategy, cell.config, cell.seed);
  const expertIds = experts.map(({ id }) => id);
  let { searchId } = cell;
  if (searchId === null) {
    const id = newId();
    const dataset = found(stores.datasets.get(cell.datasetId), `dataset “${cell.task}” any more`);
    const task = storedTaskOf(stores, comparisonId, cell);
    stores.atomically(() => {
      stores.searches.add({
        id, name, jobId: run.job.id, modelId: model.id, modelName: model.name, datasetId: dataset.id, datasetName: dataset.name, datasetHash: dataset.hash, grader: cell.grader, raw: cell.raw,
        experts: experts.map((expert) => ({ id: expert.id, name: expert.task })), config, createdAt: clock(), command: stores.comparisons.get(comparisonId)?.command ?? '', comparisonId,
        ...(task !== undefined && { task }), ...(cell.reading && { reading: cell.reading }),
      });
      stores.comparisons.changeCell(comparisonId, cell.position, { searchId: id });
    });
    searchId = id;
  }
  const input: SearchInput = { searchId, modelId: model.id, weightsHash: model.weightsHash, datasetId: cell.datasetId, grader: cell.grader, raw: cell.raw, expertIds, name, config, ...(cell.reading && { reading: cell.reading }) };
  const outcome = await runSearch(context, run, { model, input, onSteer: request.onSteer, onProgress: ({ done, secondsLeft }) => request.show(done, secondsLeft) });
  if (!outcome.test) throw new SingularError('bad-input', `The dataset “${cell.task}” leaves no test rows to score on.`);
  stores.searches.change(searchId, { outcome, endState: 'succeeded' });
  stores.searches.deleteCheckpoint(searchId);
  const { optimiser, examples, generations, perLayer } = config;
  const { chosen, budget, stopped, test } = outcome;
  return {
    test, cost: { trainableParameters: fittedNumbers(cell.strategy, model.facts.layers), seconds: budget.seconds, answerTokens: budget.answerTokens },
    detail: { ...detail, search: { optimiser, examples, generations, perLayer, alphas: chosen.alphas, chosen: chosen.kind, budget, stopped } },
  };
}
