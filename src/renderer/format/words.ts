import type { DispatcherKind } from '../../shared/adaptation.ts';
import type { JobState } from '../../shared/contract.ts';
import type { Method } from '../../shared/training.ts';

/** States of jobs, and of what they work on. */
export const stateWords: Record<JobState, string> = { queued: 'waiting', running: 'running', paused: 'paused', succeeded: 'finished', failed: 'failed', cancelled: 'cancelled', interrupted: 'interrupted' };
/** Methods as people write them. */
export const methodWords: Record<Method, string> = { svf: 'SVF', lora: 'LoRA', dora: 'DoRA', ia3: 'IA³' };
/** Seeds, as many as there are: `seed 0`, `seeds 0, 1, 2`. */
export const seedsWord = (seeds: readonly number[]): string => `${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}`;
/** Ways to find a question's expert. */
export const dispatcherWords: Record<DispatcherKind, string> = { prompt: 'Prompt', classifier: 'Classifier', embedding: 'Embedding' };
/** How each finds it, in a sentence. */
export const dispatcherAbout: Record<DispatcherKind, string> = {
  prompt: 'The model is asked which kind of question this is; nothing is trained.',
  classifier: 'The same question, asked with an expert trained to sort questions.',
  embedding: 'A small classifier reads the base model’s own hidden state of the question.',
};
