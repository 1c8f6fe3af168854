/** Methods that a person would put side by side: the rows of the paper's ablation, and what is used instead of SVF. */
import type { ComparisonPlan, Strategy, StrategyMethod, TrainedMethod } from '../../../shared/comparison.ts';
import type { ComparisonCellDto } from '../../../shared/contract.ts';
import type { TrainingConfig } from '../../../shared/training.ts';

export type PlanMethod = ComparisonPlan['methods'][number];
export interface MethodPreset extends TrainedMethod { about: string; /** chosen in a new comparison */ usual: boolean }

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
export const planMethod = ({ name, preset, set }: MethodPreset): TrainedMethod => ({ name, preset, set: { ...set } });

/** Ways of putting experts to use, beside the base: what the paper's tables 2, 3 and 8 compare, and the control. */
export const strategyPresets: readonly StrategyMethod[] = ([
  ['Best single expert', { kind: 'best-expert', selectionRows: 64 }],
  ['Prompt', { kind: 'dispatcher', by: 'prompt' }],
  ['Classification expert', { kind: 'dispatcher', by: 'classifier' }],
  ['Embedding', { kind: 'dispatcher', by: 'embedding' }],
  ['Few-shot, CEM', { kind: 'search', preset: 'quick', set: { optimiser: 'cem' } }],
  ['Few-shot, CMA-ES', { kind: 'search', preset: 'quick', set: { optimiser: 'cma-es' } }],
  ['Shuffled control', { kind: 'shuffled', selectionRows: 64 }],
] satisfies [string, Strategy][]).map(([name, strategy]) => ({ name, strategy }));

/** Each expert alone, whatever the task: beside the best of them, what choosing among them is worth. `tasks`: what they were trained on. */
export const expertPresets = (tasks: readonly string[]): StrategyMethod[] => tasks.map((task) => ({ name: `Expert of ${task}`, strategy: { kind: 'expert', task } }));

/** The tasks of which that method of a comparison trained an expert, in its order. */
export const taughtBy = (table: readonly Pick<ComparisonCellDto, 'method' | 'task' | 'expertId'>[], method: string): string[] =>
  [...new Set(table.filter((cell) => cell.method === method && cell.expertId !== undefined).map(({ task }) => task))];

/** A strategy in a line. */
export function strategyAbout(strategy: Strategy): string {
  switch (strategy.kind) {
    case 'best-expert': return `the best of them on ${strategy.selectionRows} other rows`;
    case 'expert': return `the expert of ${strategy.task}, whatever the task`;
    case 'dispatcher': return { prompt: 'the model is asked whose question it is', classifier: 'an expert in sorting questions is asked', embedding: 'read from the hidden state of the question' }[strategy.by];
    case 'search': return ['a search over α', `${strategy.preset} preset`, ...Object.entries(strategy.set).map(([key, value]) => `${key} ${String(value)}`)].join(', ');
    case 'shuffled': return 'the best of them with every z shuffled';
    case 'adapter': return `the best adapter of ${strategy.method}`;
  }
}
