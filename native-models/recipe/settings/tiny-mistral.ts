import type { ModelSettings } from './settings.ts';
import { data, shapes, training } from './shared.ts';

export const settings: ModelSettings = {
  id: 'tiny-mistral',
  license: 'MIT',
  seed: 20260712,
  vocabularySize: 960,
  chat: 'instructions',
  architecture: { model_type: 'mistral', ...shapes, sliding_window: 96 },
  data,
  training: { ...training, phases: [{ steps: 6000, options: 'dotted', warmupSteps: 100, learningRate: 2.5e-3, decayShare: 0.35, finalLearningRate: 0.02 }] },
};
