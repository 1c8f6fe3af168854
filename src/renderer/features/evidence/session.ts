import { bridge } from '../../bridge/index.ts';
import { Timing } from './timing.svelte.ts';

/** What was measured stays while the application runs. */
export const timing = new Timing(bridge);
