import { z } from 'zod';

/** The configuration file of a training run; the command line's `--set key=value` uses the same keys. */
export const trainingConfigSchema = z.strictObject({
  steps: z.int().min(1).max(100_000).describe('Number of optimiser steps'),
  batchSize: z.int().min(1).max(4096).describe('Answers sampled per step'),
  samplesPerPrompt: z.int().min(1).max(256).describe('Answers sampled from each prompt; the batch holds batchSize / samplesPerPrompt prompts'),
  maxTokens: z.int().min(1).max(8192).describe('Longest answer, in tokens'),
  temperature: z.number().min(0).max(10).describe('Sampling temperature while training; 0 is greedy'),
  topP: z.number().gt(0).max(1).describe('Nucleus sampling; 1 keeps all tokens'),
  learningRate: z.number().gt(0).max(10).describe('AdamW step at the start of the cosine'),
  weightDecay: z.number().min(0).max(1).describe('AdamW decoupled decay, of z − 1'),
  clipNorm: z.number().gt(0).describe('Largest gradient norm'),
  schedule: z.enum(['cosine', 'constant']).describe('Learning-rate schedule'),
  warmupSteps: z.int().min(0).describe('Steps of linear warm-up'),
  klCoefficient: z.number().min(0).max(100).describe('Weight λ of the KL term'),
  klDirection: z.enum(['policy-base', 'base-policy']).describe('policy-base is the paper’s D(π_W′ ‖ π_W)'),
  baseline: z.enum(['none', 'batch', 'leave-one-out']).describe('What is subtracted from the reward'),
  rewardWrong: z.number().min(-1).max(1).describe('Reward of a wrong answer (1 for a right one)'),
  modules: z.enum(['mlp', 'attention', 'both']).describe('Which projections are tuned'),
  layers: z.union([z.literal('all'), z.array(z.int().min(0)).min(1)]).describe('Which decoder layers are tuned'),
  initMean: z.number().describe('Mean of z at the start (1 is the base model)'),
  initDeviation: z.number().min(0).describe('Deviation of z at the start'),
  validationShare: z.number().gt(0).lt(1).describe('Share of rows kept for validation'),
  validationRows: z.int().min(1).describe('Answers scored at each validation; where rows are fewer and answers sampled, several from each'),
  validationTemperature: z.number().min(0).max(10).describe('Sampling temperature of validation answers; 0 is greedy'),
  validateEvery: z.int().min(1).describe('Steps between validations'),
  patience: z.int().min(0).describe('Validations without a new best before stopping; 0 never stops early'),
  checkpointEvery: z.int().min(1).describe('Steps between checkpoints'),
  seed: z.int().min(0).describe('Seed of everything random'),
});
export type TrainingConfig = z.infer<typeof trainingConfigSchema>;

/** arXiv 2501.06252, appendix A.3; z starts at the base model, see docs/decisions. */
export const paperPreset: TrainingConfig = {
  steps: 100, batchSize: 256, samplesPerPrompt: 1, maxTokens: 256, temperature: 1, topP: 1,
  learningRate: 2e-3, weightDecay: 0, clipNorm: 1e-3, schedule: 'cosine', warmupSteps: 0,
  klCoefficient: 0.2, klDirection: 'policy-base', baseline: 'none', rewardWrong: -1,
  modules: 'both', layers: 'all', initMean: 1, initDeviation: 0,
  validationShare: 0.5, validationRows: 256, validationTemperature: 0, validateEvery: 5, patience: 4, checkpointEvery: 5, seed: 0,
};

/** An expert in minutes on a small model: a 25 times larger step and a tenth of the KL weight (docs/LOG.md). */
export const quickPreset: TrainingConfig = {
  ...paperPreset,
  steps: 40, batchSize: 64, maxTokens: 64, learningRate: 5e-2, clipNorm: 1, klCoefficient: 0.02, baseline: 'batch',
  validationShare: 0.25, validationRows: 256, validationTemperature: 1, validateEvery: 5, patience: 0,
};

export const presets = { quick: quickPreset, paper: paperPreset } as const;
export type PresetName = keyof typeof presets;
