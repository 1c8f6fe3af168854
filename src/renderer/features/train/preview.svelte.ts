/** Rows of a source as the exact text that the model will see, read page by page as they come into view. */
import type { Bridge, ColumnMapping, PreviewRow } from '../../../shared/contract.ts';

export interface PreviewOf { source: { path: string; mapping: ColumnMapping } | { datasetId: string; mapping: ColumnMapping }; modelId: string; raw: boolean }

const pageSize = 50;

export class PreviewPages {
  readonly #bridge: Bridge;
  total = $state(0);
  status = $state<'idle' | 'loading' | 'ready' | 'failed'>('idle');
  error = $state.raw<unknown>(null);
  #pages = $state.raw(new Map<number, PreviewRow[]>());
  #asked = new Set<number>();
  #of: PreviewOf | null = null;
  #generation = 0;

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
  }

  show(of: PreviewOf | null): void {
    this.#of = of;
    this.#generation++;
    this.#asked = new Set();
    this.error = null;
    if (!of) {
      this.#pages = new Map();
      this.total = 0;
      this.status = 'idle';
      return;
    }
    this.status = 'loading';
    this.#asked.add(0);
    void this.#read(0, this.#generation, true);
  }

  at = (index: number): PreviewRow | undefined => this.#pages.get(Math.floor(index / pageSize))?.[index % pageSize];

  /** where a row that was read stands; 0 when it is no longer there */
  indexOf(row: PreviewRow): number {
    for (const [page, rows] of this.#pages) if (rows.includes(row)) return page * pageSize + rows.indexOf(row);
    return 0;
  }

  need = (first: number, last: number): void => {
    for (let page = Math.floor(first / pageSize); page <= Math.floor(last / pageSize); page++) {
      if (this.#asked.has(page) || page * pageSize >= this.total) continue;
      this.#asked.add(page);
      void this.#read(page, this.#generation, false);
    }
  };

  async #read(page: number, generation: number, replace: boolean): Promise<void> {
    const of = this.#of;
    if (!of) return;
    const common = { modelId: of.modelId, raw: of.raw, offset: page * pageSize, limit: pageSize };
    try {
      const { rows, total } = 'path' in of.source
        ? await this.#bridge.call('datasets.previewFile', { ...common, path: of.source.path, mapping: of.source.mapping })
        : await this.#bridge.call('datasets.preview', { ...common, datasetId: of.source.datasetId, mapping: of.source.mapping });
      if (generation !== this.#generation) return;
      this.#pages = new Map(replace ? [[page, rows]] : [...this.#pages, [page, rows]]);
      this.total = total;
      this.status = 'ready';
    } catch (error) {
      if (generation !== this.#generation) return;
      this.#asked.delete(page);
      this.error = error;
      if (replace) this.status = 'failed';
    }
  }
}
