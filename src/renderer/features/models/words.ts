import type { ModelDto } from '../../../shared/contract.ts';

export const sourceWords: Record<ModelDto['source'], string> = { bundled: 'bundled', folder: 'added from a folder', cache: 'found in the Hugging Face cache', hub: 'downloaded' };
