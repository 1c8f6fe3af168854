/**
 * Few-shot adaptation (arXiv 2501.06252, section 3.2, strategy 3): a search over α on a handful of examples. A whole
 * population times all examples is one batch, with a z of its own for every row. What is found is compared with the
 * base and with each expert alone on other rows, and scored once on rows that neither saw.
 *
 * Beside the paper: bounds and a floor for the deviation, an optimiser that learns the step, early stopping, rows to
 * choose by. Left out: a search on the test rows, which the reference code does.
 */
import type { Alphas, BudgetDto, CandidateDto, FinalistDto, Fitness, SearchConfig, SearchOutcome } from '../../shared/adaptation.ts';
import type { TestScoreDto } from '../../shared/contract.ts';
import type { ZVectors } from '../../shared/matrices.ts';
import { mixed } from '../../shared/mix.ts';
import type { EngineCalls, SearchCheckpoint, SearchRows } from '../host/protocol.ts';
import type { LoadedModel } from '../runtime/loaded-model.ts';
import type { Grader } from '../tasks/graders/grader.ts';
import { answerSeeds, gradedAnswers, promptsOf, type Prompt } from '../train/answers.ts';
import { Paused } from '../train/loop.ts';
import { againstBase, mean } from '../train/statistics.ts';
import { crossEntropyMethod } from './cem.ts';
import { ranking, type Optimiser, type OptimiserState } from './optimiser.ts';
import { separableCmaEs } from './sep-cma-es.ts';
import { alone, alphasOf, coordinates, type Space } from './space.ts';

export interface SearchRequest {
  model: LoadedModel;
  experts: readonly ZVectors[];
  rows: SearchRows;
  grader: Grader;
  raw: boolean;
  config: SearchConfig;
  checkpoint?: SearchCheckpoint;
  emit: (event: EngineCalls['search']['event']) => void;
  /** looked at between generations; `keep` ends the search with the best so far */
  steering: { action: 'keep' | 'pause' | null };
  /** seconds, from any start */
  clock: () => number;
  signal: AbortSignal;
}

const hallSize = 8;
/** of candidates without a right answer */
const nothingRight = -1e6;
/** streams of seeds for sampled answers: one for the examples of each generation, others for choosing and testing */
const streams = { generation: 0x4000_0000, selection: 0x5000_0000, test: 0x5000_0001 } as const;

export async function search(request: SearchRequest): Promise<SearchOutcome> {
  const { model, config, experts, steering, clock, signal, emit } = request;
  const space: Space = { experts: experts.length, layers: model.config.layers, perLayer: config.perLayer, normalised: config.normalised };
  const examples = promptsOf(model, request.rows.examples, request.raw);
  const trial = new Trial(request, space);
  const start: SearchCheckpoint = request.checkpoint ?? { optimiser: {}, best: null, hall: [], withoutBetter: 0, budget: { generations: 0, answers: 0, answerTokens: 0, seconds: 0 } };
  const optimiser = createOptimiser(config, space, request.checkpoint?.optimiser);
  trial.budget = { ...start.budget };
  let { best, hall, withoutBetter } = start;
  // asked of the state alone, so that a search which was killed after its last generation does not go on
  const end = (): SearchOutcome['stopped'] | undefined => {
    if (optimiser.generation === 0) return undefined;
    if (config.tolerance > 0 && optimiser.spread.every((value) => value <= config.tolerance)) return 'converged';
    if (config.patience > 0 && withoutBetter >= config.patience) return 'stalled';
    return optimiser.generation >= config.generations ? 'generations' : undefined;
  };

  if (!request.checkpoint) {
    const [base, ...singles] = await trial.fitness([origin(space), ...experts.map((_, expert) => alone(expert, space))], examples, 0);
    emit({ type: 'start', base, experts: singles });
  }
  let stopped = end();
  while (!stopped) {
    signal.throwIfAborted();
    if (steering.action === 'pause') throw new Paused();
    if (steering.action === 'keep') {
      stopped = 'kept';
      break;
    }
    const began = clock();
    const generation = optimiser.generation;
    const points = optimiser.ask();
    const fitness = await trial.fitness(points, examples, generation + 1);
    optimiser.tell(points, fitness);

    const candidates = points.map((x, i): CandidateDto => ({ x, alphas: alphasOf(x, space), generation, ...fitness[i] }));
    const order = ranking(fitness);
    const leader = candidates[order[0]];
    const better = best === null || ranking([best, leader])[0] === 1;
    if (better) best = leader;
    withoutBetter = better ? 0 : withoutBetter + 1;
    const known = [...hall, ...candidates].filter((candidate, i, all) => all.findIndex(({ x }) => sameX(x, candidate.x)) === i);
    hall = ranking(known).slice(0, hallSize).map((i) => known[i]);
    const seconds = clock() - began;
    trial.budget.seconds += seconds;
    trial.budget.generations++;

    const checkpoint: SearchCheckpoint = { optimiser: optimiser.save(), best, hall, withoutBetter, budget: { ...trial.budget } };
    const elites = order.slice(0, Math.max(2, Math.round(config.population * config.eliteShare)));
    emit({ type: 'generation', budget: checkpoint.budget, checkpoint, generation: { generation, candidates, elites, mean: optimiser.centre, deviation: optimiser.deviation, best: best ?? leader, seconds } });
    stopped = end();
  }
  return finish(request, trial, space, { hall, centre: optimiser.centre, stopped });
}

const origin = (space: Space): number[] => new Array<number>(coordinates(space)).fill(0);
const sameX = (a: readonly number[], b: readonly number[]): boolean => a.every((value, i) => value === b[i]);

function createOptimiser(config: SearchConfig, space: Space, saved?: OptimiserState): Optimiser {
  const { population, deviation, deviationFloor, seed, low, high } = config;
  // the paper's start: every expert has an equal part
  const mean = new Array<number>(coordinates(space)).fill(1 / space.experts);
  const options = { mean, deviation, population, deviationFloor, seed, bounds: { low, high } };
  return config.optimiser === 'cem' ? crossEntropyMethod({ ...options, eliteShare: config.eliteShare, smoothing: config.smoothing }, saved) : separableCmaEs(options, saved);
}

/** Evaluates points of the search, and keeps count of what that took. */
class Trial {
  budget: BudgetDto = { generations: 0, answers: 0, answerTokens: 0, seconds: 0 };
  private readonly request: SearchRequest;
  private readonly space: Space;

  constructor(request: SearchRequest, space: Space) {
    this.request = request;
    this.space = space;
  }

  zOf(alphas: Alphas): ZVectors {
    return mixed(this.request.experts.map((z, expert) => ({ z, alpha: alphas[expert] })), this.request.config.form);
  }

  /** All points × prompts as one batch; `scores[point][prompt]`. Every point meets a prompt with the same seed. */
  async answers(points: readonly Alphas[], prompts: readonly Prompt[], stream: number): Promise<{ score: number; logLikelihood: number }[][]> {
    const { model, grader, config, signal } = this.request;
    const z = points.map((alphas) => this.zOf(alphas));
    const seeds = answerSeeds(config.seed, stream, prompts.length);
    const sampling = { maxTokens: config.maxTokens, temperature: config.temperature, topP: 1, topK: 0, seed: config.seed, stop: [] };
    const rows = points.flatMap((_, point) => prompts.map((prompt, i) => ({ prompt, point, seed: seeds[i] })));
    const answers = await gradedAnswers(model, rows.map(({ prompt }) => prompt), { kind: 'per-row', z: rows.map(({ point }) => z[point]) }, grader, { sampling, seeds: rows.map(({ seed }) => seed), signal });
    this.budget.answers += answers.length;
    for (const { ids } of answers) this.budget.answerTokens += ids.length;
    return points.map((_, point) => answers.slice(point * prompts.length, (point + 1) * prompts.length).map(({ score, logProbs }) => ({ score, logLikelihood: logProbs.reduce((a, b) => a + b, 0) })));
  }

  async fitness(points: readonly (readonly number[])[], prompts: readonly Prompt[], generation: number): Promise<Fitness[]> {
    const results = await this.answers(points.map((x) => alphasOf(x, this.space)), prompts, streams.generation + generation);
    return results.map((answers) => {
      const right = answers.filter(({ score }) => score === 1).map(({ logLikelihood }) => logLikelihood);
      return { score: mean(answers.map(({ score }) => score)), tieBreak: this.request.config.tieBreak ? (right.length > 0 ? mean(right) : nothingRight) : 0 };
    });
  }
}

/** The base and each expert alone stand beside what was found; where they are equal, the simpler one is taken. */
async function finish(request: SearchRequest, trial: Trial, space: Space, found: { hall: readonly CandidateDto[]; centre: readonly number[]; stopped: SearchOutcome['stopped'] }): Promise<SearchOutcome> {
  const { model, experts, config, clock, emit } = request;
  const began = clock();
  const points: Omit<FinalistDto, 'search'>[] = [
    { kind: 'base', alphas: alphasOf(origin(space), space) },
    ...experts.map((_, expert): Omit<FinalistDto, 'search'> => ({ kind: 'expert', expert, alphas: alphasOf(alone(expert, space), space) })),
    { kind: 'centre', alphas: alphasOf(found.centre, space) },
    ...found.hall.map(({ alphas }): Omit<FinalistDto, 'search'> => ({ kind: 'candidate', alphas })),
  ];
  emit({ type: 'choosing', stopped: found.stopped, finalists: points.length });
  const examples = promptsOf(model, request.rows.examples, request.raw);
  const xs = [origin(space), ...experts.map((_, expert) => alone(expert, space)), found.centre, ...found.hall.map(({ x }) => x)];
  const searched = await trial.fitness(xs, examples, 0);
  const selection = promptsOf(model, request.rows.selection, request.raw);
  const selected = selection.length > 0 ? (await trial.answers(points.map(({ alphas }) => alphas), selection, streams.selection)).map((answers) => mean(answers.map(({ score }) => score))) : undefined;
  const finalists = points.map((point, i): FinalistDto => ({ ...point, search: searched[i], ...(selected && { selection: selected[i] }) }));
  const order = ranking(finalists.map(({ search: { score, tieBreak }, selection: share }) => (share === undefined ? { score, tieBreak } : { score: share, tieBreak: score })));
  const chosen = finalists[order[0]];

  const tested = promptsOf(model, request.rows.test, request.raw);
  let test: TestScoreDto | undefined;
  if (tested.length > 0) {
    emit({ type: 'scoring' });
    const [base, scores] = (await trial.answers([points[0].alphas, chosen.alphas], tested, streams.test)).map((answers) => answers.map(({ score }) => [score]));
    test = { rows: tested.length, samples: 1, temperature: config.temperature, ...againstBase(base, [scores]) };
  }
  trial.budget.seconds += clock() - began;
  return { chosen, finalists, ...(test && { test }), budget: trial.budget, stopped: found.stopped };
}
