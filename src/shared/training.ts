import { z } from 'zod';

/**
 * What is trained. `svf`: one number per singular value (arXiv 2501.06252). `lora` (2106.09685), `dora` (2402.09353) and
 * `ia3` (2205.05638): what people would use instead, on the same graphs, rows, budgets and graders.
 */
export const methods = ['svf', 'lora', 'dora', 'ia3'] as const;
export type Method = (typeof methods)[number];

/** The configuration file of a training run; the command line's `--set key=value` uses the same keys. */
export const trainingConfigSchema = z.strictObject({
  method: z.enum(methods).describe('What is trained: one number per singular value, or an adapter to compare with'),
  parametrisation: z.enum(['direct', 'reference']).describe('SVF: z itself, or the reference code’s sigmoid with the nuclear norm kept'),
  rank: z.int().min(1).max(1024).describe('LoRA and DoRA: rank of the update'),
  alpha: z.number().gt(0).max(4096).describe('LoRA and DoRA: the update is scaled by alpha / rank'),
  dropout: z.number().min(0).max(0.9).describe('LoRA and DoRA: share of inputs dropped before the update while training'),
  objective: z.enum(['policy-gradient', 'next-token']).describe('Rewarded answers of its own, or the likelihood of the reference answers'),
  steps: z.int().min(1).max(100_000).describe('Number of optimiser steps'),
  batchSize: z.int().min(1).max(4096).describe('Answers per step: sampled, or reference answers for next-token'),
  samplesPerPrompt: z.int().min(1).max(256).describe('Answers sampled from each prompt; the batch holds batchSize / samplesPerPrompt prompts'),
  maxTokens: z.int().min(1).max(8192).describe('Longest answer, in tokens'),
  temperature: z.number().min(0).max(10).describe('Sampling temperature while training; 0 is greedy'),
  topP: z.number().gt(0).max(1).describe('Nucleus sampling; 1 keeps all tokens'),
  learningRate: z.number().gt(0).max(10).describe('AdamW step at the start of the cosine'),
  weightDecay: z.number().min(0).max(1).describe('AdamW decoupled decay towards the base model'),
  clipNorm: z.number().gt(0).describe('Largest gradient norm'),
  schedule: z.enum(['cosine', 'constant']).describe('Learning-rate schedule'),
  warmupSteps: z.int().min(0).describe('Steps of linear warm-up'),
  klCoefficient: z.number().min(0).max(100).describe('Weight λ of the KL term'),
  klSweep: z.array(z.number().min(0).max(100)).max(16).describe('Weights λ to try instead of one; the best on validation is kept'),
  klDirection: z.enum(['policy-base', 'base-policy']).describe('policy-base is the paper’s D(π_W′ ‖ π_W)'),
  baseline: z.enum(['none', 'batch', 'leave-one-out', 'group']).describe('What the reward is compared with: nothing (the paper), its batch, or the other answers to its prompt (group: standardised)'),
  rewardWrong: z.number().min(-1).max(1).describe('Reward of a wrong answer (1 for a right one; −0.1 in the paper’s vision runs)'),
  modules: z.enum(['mlp', 'attention', 'both', 'query-value']).describe('Which projections are tuned'),
  layers: z.union([z.enum(['all', 'every-second', 'first-half', 'last-half']), z.array(z.int().min(0)).min(1)]).describe('Which decoder layers are tuned'),
  initMean: z.number().describe('SVF: mean of the parameter at the start (z = 1 is the base model)'),
  initDeviation: z.number().min(0).describe('SVF: deviation of the parameter at the start'),
  validationShare: z.union([z.literal('given'), z.number().gt(0).lt(1)]).describe('Share of the training rows kept for choosing; given: the dataset’s own validation rows, a quarter where it has none'),
  validationRows: z.int().min(1).describe('Answers scored at each validation; where rows are fewer and answers sampled, several from each'),
  validationTemperature: z.number().min(0).max(10).describe('Sampling temperature of validation answers; 0 is greedy'),
  testShare: z.number().min(0).lt(1).describe('Share of the rows kept for the final score where the dataset has no test rows of its own'),
  testRows: z.int().min(1).describe('Most rows of the final score'),
  testTemperature: z.number().min(0).max(10).describe('Sampling temperature of the final score; 0 is greedy'),
  validateEvery: z.int().min(1).describe('Steps between validations'),
  patience: z.int().min(0).describe('Validations without a new best before stopping; 0 never stops early'),
  checkpointEvery: z.int().min(1).describe('Steps between checkpoints'),
  seed: z.int().min(0).describe('Seed of everything random'),
  seeds: z.int().min(1).max(32).describe('Repetitions with the seeds seed, seed + 1, …; the best on validation is kept, the score is their mean'),
});
export type TrainingConfig = z.infer<typeof trainingConfigSchema>;

/** arXiv 2501.06252, appendix A.3; z starts at the base model, see docs/decisions. Adapters as in its appendix: rank 16, alpha 32, dropout 0.05. */
export const paperPreset: TrainingConfig = {
  method: 'svf', parametrisation: 'direct', rank: 16, alpha: 32, dropout: 0.05, objective: 'policy-gradient',
  steps: 100, batchSize: 256, samplesPerPrompt: 1, maxTokens: 256, temperature: 1, topP: 1,
  learningRate: 2e-3, weightDecay: 0, clipNorm: 1e-3, schedule: 'cosine', warmupSteps: 0,
  klCoefficient: 0.2, klSweep: [], klDirection: 'policy-base', baseline: 'none', rewardWrong: -1,
  modules: 'both', layers: 'all', initMean: 1, initDeviation: 0,
  validationShare: 0.5, validationRows: 256, validationTemperature: 0, testShare: 0.2, testRows: 600, testTemperature: 0,
  validateEvery: 5, patience: 4, checkpointEvery: 5, seed: 0, seeds: 1,
};

/** An expert in minutes on a small model: a 25 times larger step and a tenth of the KL weight (docs/LOG.md). */
export const quickPreset: TrainingConfig = {
  ...paperPreset,
  steps: 40, batchSize: 64, maxTokens: 64, learningRate: 5e-2, clipNorm: 1, klCoefficient: 0.02, baseline: 'batch',
  validationShare: 'given', validationRows: 256, validationTemperature: 1, validateEvery: 5, patience: 0,
};

export const presets = { quick: quickPreset, paper: paperPreset } as const;
export type PresetName = keyof typeof presets;
