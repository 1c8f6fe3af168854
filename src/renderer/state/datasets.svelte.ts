import { bridge } from '../bridge/index.ts';
import type { DatasetDto } from '../../shared/contract.ts';
import { Resource } from './resource.svelte.ts';

/** Rows kept apart for evaluation: “math test” beside “math”. Training on them would make every later test flatter. */
const isHeldOut = (dataset: DatasetDto, all: readonly DatasetDto[]): boolean => dataset.source === 'bundled' && all.some((other) => dataset.name === `${other.name} test`);

class DatasetsState extends Resource<DatasetDto[]> {
  /** bundled rows for evaluation only */
  readonly heldOut = $derived(this.value.filter((dataset) => isHeldOut(dataset, this.value)));
  /** everything that one would train on; bundled questions without answers are for dispatchers */
  readonly forTraining = $derived(this.value.filter((dataset) => !isHeldOut(dataset, this.value) && !(dataset.source === 'bundled' && dataset.mapping.kind === 'prompt-only')));

  constructor() {
    super([], () => bridge.call('datasets.list', {}));
  }

  byId = (id: string | undefined): DatasetDto | undefined => this.value.find((dataset) => dataset.id === id);
}

export const datasets = new DatasetsState();
