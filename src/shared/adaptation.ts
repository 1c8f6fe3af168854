/** Self-adaptation: how a mix is searched for with a few examples, and how a question finds its expert. */
import { z } from 'zod';

/** arXiv 2501.06252, section 3.2 and appendix: few-shot adaptation by a search over α. The command line's `--set` uses the same keys. */
export const searchConfigSchema = z.strictObject({
  optimiser: z.enum(['cem', 'cma-es']).describe('Cross-entropy method (the paper’s) or separable CMA-ES'),
  perLayer: z.boolean().describe('One α for each expert and layer instead of one for each expert'),
  normalised: z.boolean().describe('α are divided by their sum, so that they share out one whole; otherwise free'),
  examples: z.int().min(1).max(10_000).describe('Rows that candidates are tried on'),
  selectionRows: z.int().min(0).max(10_000).describe('Other rows that the best candidates, the base and each expert alone are compared on at the end; 0 takes the best of the search'),
  testRows: z.int().min(0).max(100_000).describe('Rows of the final score, which nothing was searched or chosen on'),
  population: z.int().min(4).max(1024).describe('Candidates of a generation'),
  eliteShare: z.number().gt(0).max(1).describe('Share of the population that the next generation is fitted to (cross-entropy method)'),
  generations: z.int().min(1).max(10_000).describe('Most generations'),
  deviation: z.number().gt(0).max(10).describe('Deviation of α at the start'),
  deviationFloor: z.number().min(0).max(1).describe('The deviation never falls below this; a search whose every α is there has converged'),
  smoothing: z.number().min(0).lt(1).describe('Share of the old mean and deviation that stays (cross-entropy method)'),
  low: z.number().min(-10).max(10).describe('Smallest α'),
  high: z.number().min(-10).max(10).describe('Largest α'),
  tieBreak: z.boolean().describe('Among equal scores, the mean log-likelihood of a candidate’s own right answers decides'),
  patience: z.int().min(0).describe('Generations without a better candidate before stopping; 0 never stops early'),
  maxTokens: z.int().min(1).max(8192).describe('Longest answer, in tokens'),
  temperature: z.number().min(0).max(10).describe('Sampling temperature; 0 is greedy'),
  seed: z.int().min(0).describe('Seed of everything random'),
}).refine(({ low, high }) => low < high, 'The smallest α must be below the largest.');
export type SearchConfig = z.infer<typeof searchConfigSchema>;

/** Population, elite share, bounds and examples as published; a floor under the deviation, so that ties do not end it. */
export const paperSearch: SearchConfig = {
  optimiser: 'cem', perLayer: false, normalised: true, examples: 10, selectionRows: 0, testRows: 600,
  population: 32, eliteShare: 0.2, generations: 100, deviation: 0.5, deviationFloor: 0.01, smoothing: 0, low: 0, high: 1,
  tieBreak: true, patience: 20, maxTokens: 64, temperature: 0, seed: 0,
};

/** Less than a minute on a small model: free α with room beyond one, and other rows to choose by. */
export const quickSearch: SearchConfig = {
  ...paperSearch, normalised: false, selectionRows: 64, generations: 20, deviation: 0.4, deviationFloor: 0.03, low: -0.5, high: 1.5, patience: 6, optimiser: 'cma-es',
};
export const searchPresets = { quick: quickSearch, paper: paperSearch } as const;

/** α of each expert, in the order of the search: one number, or one for each layer. */
export type Alphas = readonly (number | readonly number[])[];
