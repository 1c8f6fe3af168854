import { bridge } from '../../bridge/index.ts';
import { ComparisonDraft } from './draft.svelte.ts';

/** The comparison being put together; it outlives the screen, so that a look elsewhere loses nothing. */
export const drafts = $state({ current: new ComparisonDraft(bridge) });

export function newDraft(): void {
  drafts.current = new ComparisonDraft(bridge);
}
