import { bridge } from '../../bridge/index.ts';
import { AdaptDraft } from './draft.svelte.ts';

/** The adaptation being put together; it outlives the screen, so that a look elsewhere loses nothing. */
export const draft = new AdaptDraft(bridge);
