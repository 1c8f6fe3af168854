import { bridge } from '../../bridge/index.ts';
import { TrainSetup } from './setup.svelte.ts';

/** The training being set up; it outlives the screen, so that a look elsewhere loses nothing. */
export const setup = new TrainSetup(bridge);
