import { bridge } from '../../bridge/index.ts';
import { hrefOf, router } from '../../app/router.svelte.ts';
import { methodWords } from '../../format/index.ts';
import type { ExpertDto } from '../../../shared/contract.ts';
import { attempt, notify, notifyUndo } from '../../ui/index.ts';

export const expertHref = (id: string): string => hrefOf(`/experts/${encodeURIComponent(id)}`);

export const openExpert = (expert: ExpertDto): void => router.go(`/experts/${encodeURIComponent(expert.id)}`);

export const putOnDesk = (expert: ExpertDto): void => router.go('/mix', { add: expert.id });

/** Why an adapter has no place on the desk, in a sentence. */
export const whyNotOnDesk = (expert: ExpertDto): string => `The desk mixes numbers per singular value; ${methodWords[expert.method]} has none. It can be evaluated, compared and exported.`;

/** Deletes at once; for ten seconds it can be undone with a button, later not from the window. */
export async function deleteExpert(expert: ExpertDto): Promise<boolean> {
  return attempt(async () => {
    await bridge.call('experts.remove', { id: expert.id });
    notifyUndo(`“${expert.name}” was deleted.`, () => bridge.call('experts.restore', { id: expert.id }));
  });
}

export async function duplicateExpert(expert: ExpertDto): Promise<void> {
  await attempt(async () => {
    const copy = await bridge.call('experts.duplicate', { id: expert.id });
    notify('success', `“${copy.name}” was made.`);
  });
}

/** Imports z files one by one; each refusal says its own reason. Resolves to the last one that was taken. */
export async function importExperts(files: readonly File[]): Promise<ExpertDto | null> {
  let last: ExpertDto | null = null;
  for (const file of files) {
    await attempt(async () => {
      last = await bridge.call('experts.import', { path: await bridge.pathOf(file) });
      notify('success', `“${last.name}” was imported.`, `It belongs to ${last.modelName}.`);
    });
  }
  return last;
}
