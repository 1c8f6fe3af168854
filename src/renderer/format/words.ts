import type { Method } from '../../shared/training.ts';

/** Methods as people write them. */
export const methodWords: Record<Method, string> = { svf: 'SVF', lora: 'LoRA', dora: 'DoRA', ia3: 'IA³' };
