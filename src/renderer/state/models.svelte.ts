import { bridge } from '../bridge/index.ts';
import type { ModelDto } from '../../shared/contract.ts';
import { Resource } from './resource.svelte.ts';

/** All models: bundled, added, and found in the local cache. */
class ModelsState extends Resource<ModelDto[]> {
  /** those that can be used here */
  readonly usable = $derived(this.value.filter((model) => !model.unusable));
  readonly unusable = $derived(this.value.filter((model) => model.unusable));

  constructor() {
    super([], () => bridge.call('models.list', {}));
  }

  byId = (id: string | undefined): ModelDto | undefined => this.value.find((model) => model.id === id);
}

export const models = new ModelsState();
