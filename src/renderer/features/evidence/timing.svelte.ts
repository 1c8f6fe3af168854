/** How long a first pass takes beside the answer, measured question after question on this machine. */
import { dispatcherKinds, type DispatcherKind } from '../../../shared/adaptation.ts';
import { isStrategy } from '../../../shared/comparison.ts';
import { samplingSchema, type Bridge, type ComparisonDetailDto } from '../../../shared/contract.ts';
import { median } from '../../../shared/statistics.ts';

export interface PassTimes { kind: DispatcherKind; firstMs: number[]; secondMs: number[]; tokens: number[] }

/** Medians of both passes, as a bar: of what was measured here, or of the cells of comparisons. The label says whose. */
export interface PassBar { label: string; first: number; second: number; questions: string }
export const barsOf = (times: readonly PassTimes[], words: Record<DispatcherKind, string>, datasetName: string): PassBar[] => times.map(({ kind, firstMs, secondMs }) => ({ label: `${words[kind]}, ${datasetName}, now`, first: median(firstMs), second: median(secondMs), questions: `${firstMs.length} questions, measured now` }));

/** A bar for each dispatcher and task of each comparison: the median over its seeds. */
export function storedBars(comparisons: readonly ComparisonDetailDto[], modelId: string, words: Record<DispatcherKind, string>): PassBar[] {
  return comparisons.flatMap(({ name, plan, table }) => plan.methods.flatMap((method) => {
    if (!isStrategy(method) || method.strategy.kind !== 'dispatcher') return [];
    const { by } = method.strategy;
    const cells = table.filter((cell) => cell.method === method.name && cell.modelId === modelId && cell.detail?.firstPassMs !== undefined && cell.detail.secondPassMs !== undefined);
    return [...new Set(cells.map(({ task }) => task))].map((task) => {
      const own = cells.flatMap((cell) => (cell.task === task && cell.detail ? [cell.detail] : []));
      return { label: `${words[by]}, ${task}, ${name}`, first: median(own.map(({ firstPassMs = 0 }) => firstPassMs)), second: median(own.map(({ secondPassMs = 0 }) => secondPassMs)), questions: `${own.length} seeds of ${name}` };
    });
  }));
}

export class Timing {
  readonly #bridge: Bridge;
  times = $state.raw<readonly PassTimes[]>([]);
  /** what they were measured on */
  on = $state.raw<{ modelId: string; modelName: string; datasetName: string; rows: number; maxTokens: number } | null>(null);
  running = $state(false);
  done = $state(0);
  error = $state.raw<unknown>(null);

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
  }

  /** Asks the last `count` rows one after another with each of the kinds; the first question of each warms up and is not counted. */
  async measure(model: { id: string; name: string }, dataset: { id: string; name: string; rows: number }, kinds: readonly DispatcherKind[], count = 12): Promise<void> {
    if (this.running) return;
    this.running = true;
    [this.error, this.done] = [null, 0];
    const sampling = samplingSchema.parse({ maxTokens: 64 });
    try {
      const { rows } = await this.#bridge.call('datasets.preview', { modelId: model.id, raw: true, datasetId: dataset.id, offset: Math.max(0, dataset.rows - count - 1), limit: count + 1 });
      const times: PassTimes[] = [];
      for (const kind of dispatcherKinds.filter((one) => kinds.includes(one))) {
        const measured: PassTimes = { kind, firstMs: [], secondMs: [], tokens: [] };
        for (const [at, { prompt }] of rows.entries()) {
          const [answer] = await this.#bridge.call('adapt.answer', { modelId: model.id, prompts: [prompt], strategy: kind, sampling });
          this.done++;
          if (at === 0) continue;
          measured.firstMs.push(answer.firstPassMs);
          measured.secondMs.push(answer.secondPassMs);
          measured.tokens.push(answer.tokens);
        }
        times.push(measured);
      }
      this.times = times;
      this.on = { modelId: model.id, modelName: model.name, datasetName: dataset.name, rows: rows.length - 1, maxTokens: sampling.maxTokens };
    } catch (error) {
      this.error = error;
    } finally {
      this.running = false;
    }
  }
}
