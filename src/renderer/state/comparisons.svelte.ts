import { bridge } from '../bridge/index.ts';
import type { ComparisonDto } from '../../shared/contract.ts';
import { Resource } from './resource.svelte.ts';

class ComparisonsState extends Resource<ComparisonDto[]> {
  constructor() {
    super([], () => bridge.call('comparisons.list', {}));
  }
}

export const comparisons = new ComparisonsState();
