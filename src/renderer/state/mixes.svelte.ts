import { bridge } from '../bridge/index.ts';
import type { MixDto } from '../../shared/contract.ts';
import { Resource } from './resource.svelte.ts';

class MixesState extends Resource<MixDto[]> {
  constructor() {
    super([], () => bridge.call('mixes.list', {}));
  }
}

export const mixes = new MixesState();
