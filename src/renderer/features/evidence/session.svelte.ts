import { bridge } from '../../bridge/index.ts';
import { comparisons, Resource } from '../../state/index.ts';
import type { ComparisonDetailDto } from '../../../shared/contract.ts';
import { Timing } from './timing.svelte.ts';
import { adapts } from './found.ts';

/** What was measured stays while the application runs. */
export const timing = new Timing(bridge);

/** Every comparison that puts experts to use and has something to show, whole. */
export const adaptations = new Resource<ComparisonDetailDto[]>([], () => Promise.all(comparisons.value.filter((one) => one.done > 0 && adapts(one)).map(({ id }) => bridge.call('comparisons.get', { id }))));
