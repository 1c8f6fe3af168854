/** The next row of a dataset as a prompt, with the answer that is expected. Remembers where each dataset stands. */
import type { Bridge, DatasetDto } from '../../../shared/contract.ts';
import type { Expectation } from './answers.svelte.ts';

export interface PickedRow { prompt: string; expectation: Expectation }

export class Rows {
  readonly #bridge: Bridge;
  chosenId = $state<string | null>(null);
  readonly #next = new Map<string, number>();

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
  }

  /**
   * The dataset whose rows are asked: the person's choice, else the held-out rows of what the first strip was trained
   * on, else those rows themselves, else any held-out rows.
   */
  chosenOf(datasets: readonly DatasetDto[], trainedOn: string | undefined, heldOut: readonly DatasetDto[]): DatasetDto | null {
    const named = (name: string): DatasetDto | undefined => datasets.find((dataset) => dataset.name === name);
    return datasets.find((dataset) => dataset.id === this.chosenId)
      ?? (trainedOn === undefined ? undefined : (named(`${trainedOn} test`) ?? named(trainedOn)))
      ?? heldOut[0] ?? datasets[0] ?? null;
  }

  /** The prompt of the next row, as one would type it: the desk puts the model's template around it. */
  async next(modelId: string, dataset: DatasetDto): Promise<PickedRow | null> {
    if (dataset.rows === 0) return null;
    const offset = (this.#next.get(dataset.id) ?? 0) % dataset.rows;
    const { rows } = await this.#bridge.call('datasets.preview', { modelId, raw: true, datasetId: dataset.id, offset, limit: 1 });
    const row = rows[0];
    if (!row) return null;
    this.#next.set(dataset.id, offset + 1);
    return {
      prompt: row.prompt,
      expectation: { datasetId: dataset.id, datasetName: dataset.name, row: row.row, grader: dataset.suggestedGrader, reference: row.reference },
    };
  }
}
