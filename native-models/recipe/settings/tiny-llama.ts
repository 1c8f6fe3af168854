import type { ModelSettings } from './settings.ts';
import { data, shapes, training } from './shared.ts';

export const settings: ModelSettings = {
  id: 'tiny-llama',
  license: 'MIT',
  seed: 20260601,
  vocabularySize: 1024,
  chat: 'tags',
  architecture: { model_type: 'llama', ...shapes },
  data,
  training: {
    ...training,
    phases: [
      { steps: 5000, options: 'bracketed', warmupSteps: 100, learningRate: 2.5e-3, decayShare: 0.25, finalLearningRate: 0.02 },
      { steps: 1800, options: 'dotted', warmupSteps: 50, learningRate: 2e-3, decayShare: 0.5, finalLearningRate: 0.02 },
    ],
  },
};
