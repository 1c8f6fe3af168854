/** Methods that a person would put side by side: the rows of the paper's ablation, and what is used instead of SVF. */
import type { TrainedMethod } from '../../../shared/comparison.ts';
import type { TrainingConfig } from '../../../shared/training.ts';

export type PlanMethod = TrainedMethod;
export interface MethodPreset extends PlanMethod { about: string; /** chosen in a new comparison */ usual: boolean }

/** AdamW step of the adapters; z takes that of the preset. */
const adapterLearningRate = 2e-3;
const svf = (set: Partial<TrainingConfig>): Partial<TrainingConfig> => ({ method: 'svf', objective: 'policy-gradient', ...set });
const adapter = (method: 'lora' | 'dora' | 'ia3', objective: TrainingConfig['objective']): Partial<TrainingConfig> => ({ method, objective, modules: 'query-value', learningRate: adapterLearningRate });

const of = (name: string, about: string, usual: boolean, set: Partial<TrainingConfig>): MethodPreset => ({ name, about, usual, preset: 'quick', set });

export const methodPresets: readonly MethodPreset[] = [
  of('SVF, MLP', 'policy gradient on gate, up and down', true, svf({ modules: 'mlp' })),
  of('SVF, attention', 'policy gradient on q, k, v and o', true, svf({ modules: 'attention' })),
  of('SVF, both', 'policy gradient on all seven', true, svf({ modules: 'both' })),
  of('SVF, next token', 'imitates the reference answers', false, svf({ modules: 'both', objective: 'next-token' })),
  of('LoRA, policy gradient', 'rank 16 on query and value', true, adapter('lora', 'policy-gradient')),
  of('LoRA, next token', 'rank 16 on query and value', false, adapter('lora', 'next-token')),
  of('DoRA, next token', 'rank 16 on query and value', false, adapter('dora', 'next-token')),
  of('IA³, next token', 'one number per activation', false, { method: 'ia3', objective: 'next-token', modules: 'both', learningRate: adapterLearningRate }),
];

/** The part of a preset that belongs into a plan. */
export const planMethod = ({ name, preset, set }: MethodPreset): PlanMethod => ({ name, preset, set: { ...set } });
