import { bridge } from '../bridge/index.ts';
import type { DatasetDto } from '../../shared/contract.ts';
import { Resource } from './resource.svelte.ts';

class DatasetsState extends Resource<DatasetDto[]> {
  constructor() {
    super([], () => bridge.call('datasets.list', {}));
  }

  byId = (id: string | undefined): DatasetDto | undefined => this.value.find((dataset) => dataset.id === id);
}

export const datasets = new DatasetsState();
