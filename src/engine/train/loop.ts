/**
 * A training, top to bottom: SVF or an adapter (`methods/`), by rewarded answers of its own (REINFORCE, arXiv 2501.06252,
 * section 3.1 and appendix A.3) or by the likelihood of reference answers.
 *
 * What it leaves out of textbook policy gradients: no importance ratio and no clipping of it (every batch is used once,
 * on policy), no value network (rewards are compared with their batch or their prompt's other answers, if at all), no
 * entropy bonus. The KL term is exact over the vocabulary at each place of the answers, and differentiated.
 *
 * Trials run one after the other: each λ of the sweep with the first seed, then the other seeds with the λ that
 * validation chose. Validation rows choose the checkpoint of a trial, and the trial that is kept; test rows, which are
 * the same for all trials, are scored once for each.
 */
import type { TrialDto } from '../../shared/contract.ts';
import { SingularError } from '../../shared/errors.ts';
import type { TrainingConfig } from '../../shared/training.ts';
import type { TaskRow, TrainCheckpoint, TrainOutcome } from '../host/protocol.ts';
import type { LoadedModel } from '../runtime/loaded-model.ts';
import type { Grader } from '../tasks/graders/grader.ts';
import { promptsOf } from './answers.ts';
import type { TrainEvent } from './events.ts';
import { methodOf } from './methods/index.ts';
import type { Method } from './methods/method.ts';
import { streams } from './methods/streams.ts';
import { rowsUsed, splitOf, testSet, validationSet, type ScoredSet } from './rows.ts';
import { restoreState, saveState, type FinishedTrial, type TrainingState, type TrialState } from './state.ts';
import { againstBase } from './statistics.ts';
import { scoresOn, startTrial, trainStep, validate, type Trial } from './trial.ts';

export type { TrainEvent } from './events.ts';

export interface TrainRequest {
  model: LoadedModel;
  rows: readonly TaskRow[];
  grader: Grader;
  raw: boolean;
  config: TrainingConfig;
  checkpoint?: TrainCheckpoint;
  emit: (event: TrainEvent) => void;
  /** what the person asked for meanwhile; looked at between steps */
  steering: { action: 'keep' | 'pause' | null };
  /** seconds, from any start */
  clock: () => number;
  /** bytes of memory in use */
  memory: () => number;
  signal: AbortSignal;
}

/** Thrown at a step boundary when a training is paused; its checkpoint has been emitted. */
export class Paused extends Error {
  override readonly name = 'Paused';
}

export async function train(request: TrainRequest): Promise<TrainOutcome> {
  const { model, config, raw, emit, steering } = request;
  refuseUnusable(config);
  const split = splitOf(request.rows, config);
  const test = testSet(model, split, raw, config, streams.test);
  const state: TrainingState = request.checkpoint ? restoreState(request.checkpoint.blob) : { finished: [], kept: null, baseTest: null, peakMemoryBytes: 0, current: null };
  let stopped = false;

  for (let plan = nextTrial(config, state.finished); plan !== null && !stopped; plan = nextTrial(config, state.finished)) {
    const trial = await openTrial(request, state, { ...config, ...plan });
    const current = (state.current ??= await startTrial(trial));
    stopped = (await runTrial(request, state, trial, current)) === 'keep';
    // a trial that was told to end before its first step adds nothing to those that are finished
    if (!(stopped && current.step === 0 && state.finished.length > 0)) await finishTrial(state, trial, current, test, request.clock);
    state.current = null;
    if (!stopped && nextTrial(config, state.finished)) emitCheckpoint(state, emit);
    if (steering.action === 'keep') stopped = true;
  }
  return outcome(state, await methodOf(model, config), config, test, rowsUsed(split, config));
}

function refuseUnusable({ objective, baseline, samplesPerPrompt, batchSize }: TrainingConfig): void {
  if (objective !== 'policy-gradient') return;
  if (baseline === 'group' && samplesPerPrompt < 2) throw new SingularError('bad-input', 'baseline group compares answers to one prompt; set samplesPerPrompt to 2 or more.');
  if (samplesPerPrompt > batchSize) throw new SingularError('bad-input', `samplesPerPrompt is ${samplesPerPrompt}, more than the ${batchSize} answers of a step (batchSize).`);
}

/** The λ of the sweep with the first seed, then the other seeds with the λ that did best; null when all are done. */
function nextTrial({ seed, seeds, klSweep, klCoefficient }: TrainingConfig, finished: readonly FinishedTrial[]): { seed: number; klCoefficient: number } | null {
  const sweep = klSweep.length > 0 ? klSweep : [klCoefficient];
  if (finished.length < sweep.length) return { seed, klCoefficient: sweep[finished.length] };
  const further = finished.length - sweep.length + 1;
  return further < seeds ? { seed: seed + further, klCoefficient: bestOf(finished.slice(0, sweep.length)).klCoefficient } : null;
}

const trialCount = ({ seeds, klSweep }: TrainingConfig): number => Math.max(1, klSweep.length) + seeds - 1;

/** Best on validation, the first of equals. */
const bestOf = (finished: readonly FinishedTrial[]): FinishedTrial => finished.reduce((best, trial) => (trial.validation > best.validation ? trial : best));

async function openTrial({ model, rows, grader, raw, emit, clock, memory, signal }: TrainRequest, state: TrainingState, config: TrainingConfig): Promise<Trial> {
  const split = splitOf(rows, config);
  return {
    trial: state.finished.length, model, grader, raw, config, emit, clock, signal,
    method: await methodOf(model, config),
    training: promptsOf(model, split.train, raw),
    validation: validationSet(model, split, raw, config, streams.validation),
    ran: () => (state.peakMemoryBytes = Math.max(state.peakMemoryBytes, memory())),
  };
}

/** Steps until the last, until nothing gets better, or until told to end (`keep`). @throws Paused */
async function runTrial({ config, emit, steering, clock, signal }: TrainRequest, state: TrainingState, trial: Trial, current: TrialState): Promise<'keep' | 'done'> {
  let last = clock();
  const exhausted = (): boolean => config.patience > 0 && current.validationsWithoutBest >= config.patience;
  while (current.step < config.steps && !exhausted()) {
    signal.throwIfAborted();
    if (steering.action !== null) {
      emitCheckpoint(state, emit);
      if (steering.action === 'pause') throw new Paused();
      // what was learned since the last validation counts too
      if (current.step % config.validateEvery !== 0) await validate(trial, current);
      return 'keep';
    }
    await trainStep(trial, current);
    current.seconds += clock() - last;
    last = clock();
    const isLast = current.step === config.steps;
    if (current.step % config.validateEvery === 0 || isLast) await validate(trial, current);
    if (current.step % config.checkpointEvery === 0 && !isLast) emitCheckpoint(state, emit);
    emit(progressOf(config, state, current));
  }
  return 'done';
}

function progressOf(config: TrainingConfig, { finished }: TrainingState, current: TrialState): TrainEvent {
  const trials = trialCount(config);
  const done = finished.length * config.steps + current.step;
  const total = trials * config.steps;
  const taken = finished.reduce((sum, { steps }) => sum + steps, current.step);
  const seconds = finished.reduce((sum, trial) => sum + trial.seconds, current.seconds);
  const step = `step ${current.step} of ${config.steps}`;
  return { type: 'progress', done, total, secondsLeft: (seconds / taken) * (total - done), note: trials === 1 ? step : `trial ${finished.length + 1} of ${trials}, ${step}` };
}

/** The trial's best checkpoint on the test rows; the base there once for all trials. */
async function finishTrial(state: TrainingState, trial: Trial, current: TrialState, test: ScoredSet, clock: () => number): Promise<void> {
  const began = clock();
  const { config } = trial;
  const { best } = current;
  state.baseTest ??= (await scoresOn(trial, test, null)).scores;
  const testScores = best.step === 0 ? state.baseTest : (await scoresOn(trial, test, best.parameters)).scores;
  const finished: FinishedTrial = {
    trial: trial.trial, seed: config.seed, klCoefficient: config.klCoefficient, steps: current.step, bestStep: best.step,
    baseValidation: current.baseValidation, validation: best.score, testScores, seconds: current.seconds + clock() - began, answerTokens: current.answerTokens,
  };
  state.finished.push(finished);
  if (bestOf(state.finished) === finished) state.kept = best.parameters;
}

function outcome({ finished, kept, baseTest, peakMemoryBytes }: TrainingState, method: Method, config: TrainingConfig, test: ScoredSet, used: TrainOutcome['rowsUsed']): TrainOutcome {
  const chosen = bestOf(finished);
  const base = baseTest ?? [];
  const facts = { rows: test.prompts.length, samples: test.samples, temperature: test.sampling.temperature };
  const counted = finished.filter(({ klCoefficient }) => klCoefficient === chosen.klCoefficient);
  const trials = finished.map(({ testScores, answerTokens: _, ...trial }): TrialDto => ({ ...trial, test: { ...facts, ...againstBase(base, [testScores]) }, chosen: trial.trial === chosen.trial }));
  const sum = (value: (trial: FinishedTrial) => number): number => finished.reduce((total, trial) => total + value(trial), 0);
  return {
    tensors: method.tensors(kept ?? method.base()),
    test: { ...facts, ...againstBase(base, counted.map(({ testScores }) => testScores)) },
    trials,
    cost: { trainableParameters: method.count, seconds: sum(({ seconds }) => seconds), peakMemoryBytes, answerTokens: sum(({ answerTokens }) => answerTokens) },
    rowsUsed: used,
    bestStep: chosen.bestStep,
    steps: chosen.steps,
    stoppedEarly: chosen.steps < config.steps,
  };
}

const emitCheckpoint = (state: TrainingState, emit: TrainRequest['emit']): void =>
  emit({ type: 'checkpoint', checkpoint: { trial: state.finished.length, step: state.current?.step ?? 0, blob: saveState(state) } });
