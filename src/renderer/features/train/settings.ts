/**
 * Every setting of a training, grouped and in plain words. What a setting is stands in the contract's schema
 * (`describe`); the hint here says when a person would touch it.
 */
import { trainingConfigSchema, type TrainingConfig } from '../../../shared/training.ts';

export type SettingKey = keyof TrainingConfig;
export type Control =
  | { kind: 'number'; whole: boolean; step: number; unit?: string }
  | { kind: 'choice'; options: readonly { value: string; label: string }[] }
  | { kind: 'layers' };

export interface Setting { key: SettingKey; label: string; description: string; hint: string; control: Control }
export interface SettingGroup { title: string; about: string; settings: readonly Setting[] }

const whole = (unit?: string, step = 1): Control => ({ kind: 'number', whole: true, step, ...(unit ? { unit } : {}) });
const real = (step: number, unit?: string): Control => ({ kind: 'number', whole: false, step, ...(unit ? { unit } : {}) });
const choice = (options: Record<string, string>): Control => ({ kind: 'choice', options: Object.entries(options).map(([value, label]) => ({ value, label })) });

function setting(key: SettingKey, label: string, control: Control, hint: string): Setting {
  return { key, label, description: trainingConfigSchema.shape[key].description ?? '', hint, control };
}

export const settingGroups: readonly SettingGroup[] = [
  {
    title: 'Length', about: 'How long the training goes on, and how much it tries at each step.',
    settings: [
      setting('steps', 'Steps', whole('steps'), 'More steps learn more until validation stops improving; the best checkpoint is kept either way.'),
      setting('batchSize', 'Batch', whole('answers', 8), 'More answers make each step surer and slower.'),
      setting('samplesPerPrompt', 'Answers per prompt', whole('answers'), 'Several answers to one prompt show the difference between them; “leave one out” needs at least two.'),
      setting('maxTokens', 'Longest answer', whole('tokens', 8), 'Answers are cut here. Too short, and right answers never finish.'),
    ],
  },
  {
    title: 'Answers', about: 'How the model is made to try different answers.',
    settings: [
      setting('temperature', 'Temperature', real(0.1), '1 tries what the model itself finds likely. Lower tries less; 0 gives nothing to compare.'),
      setting('topP', 'Top-p', real(0.05), 'Below 1 the unlikely tail of tokens is never tried.'),
    ],
  },
  {
    title: 'Learning', about: 'How far each step moves z.',
    settings: [
      setting('learningRate', 'Learning rate', real(0.001), 'The paper’s 0.002 is careful; small models learn with ten times that.'),
      setting('schedule', 'Schedule', choice({ cosine: 'cosine, falling to zero', constant: 'constant' }), 'Cosine settles towards the end.'),
      setting('warmupSteps', 'Warm-up', whole('steps'), 'Begins gently; useful with large learning rates.'),
      setting('clipNorm', 'Gradient clip', real(0.001), 'A single lucky batch cannot move z further than this allows.'),
      setting('weightDecay', 'Weight decay', real(0.01), 'Pulls z back to the base where the reward does not hold it.'),
      setting('baseline', 'Reward baseline', choice({ none: 'none', batch: 'batch, standardised', 'leave-one-out': 'leave one out' }), 'Compares an answer with the others, so that only better-than-usual answers are reinforced.'),
      setting('rewardWrong', 'Reward of a wrong answer', real(0.1), '−1 as in the paper; nearer to 0 punishes less.'),
    ],
  },
  {
    title: 'Staying close to the base', about: 'What holds the expert near the model it came from.',
    settings: [
      setting('klCoefficient', 'KL weight λ', real(0.01), 'Higher keeps more of the base’s manner and learns more slowly.'),
      setting('klDirection', 'KL direction', choice({ 'policy-base': 'expert to base, as in the paper', 'base-policy': 'base to expert' }), 'Expert to base avoids what the base would never say; base to expert keeps all that it might say.'),
    ],
  },
  {
    title: 'What is tuned', about: 'Which singular values may move, and from where.',
    settings: [
      setting('modules', 'Projections', choice({ both: 'attention and MLP', mlp: 'MLP only', attention: 'attention only' }), 'Both learns best in the paper; MLP alone is nearly as good and smaller.'),
      setting('layers', 'Layers', { kind: 'layers' }, 'Half of the layers is enough for very large models.'),
      setting('initMean', 'Start, mean of z', real(0.05), '1 starts at the base.'),
      setting('initDeviation', 'Start, deviation of z', real(0.01), 'A little noise gives every seed its own path; 0 starts exactly at the mean.'),
    ],
  },
  {
    title: 'Validation and keeping', about: 'How progress is judged on rows that training never sees.',
    settings: [
      setting('validationShare', 'Validation share', real(0.05), 'The rest is trained on. The paper takes half.'),
      setting('validationRows', 'Validation answers', whole('answers', 16), 'More answers narrow the interval and take longer.'),
      setting('validationTemperature', 'Validation temperature', real(0.1), 'Greedy judges the likeliest answer; 1 judges the model as it is trained.'),
      setting('validateEvery', 'Validate every', whole('steps'), 'Only validated steps can become the kept checkpoint.'),
      setting('patience', 'Patience', whole('validations'), 'Stops early after this many validations without a new best; 0 never does.'),
      setting('checkpointEvery', 'Checkpoint every', whole('steps'), 'What a power cut can cost at most.'),
      setting('seed', 'Seed', whole(), 'The same seed repeats the run to the digit.'),
    ],
  },
];

/** `0-3, 5` → [0, 1, 2, 3, 5]; empty or `all` → 'all'; null when it is neither. */
export function parseLayers(text: string): 'all' | number[] | null {
  const cleaned = text.trim().toLowerCase();
  if (cleaned === '' || cleaned === 'all') return 'all';
  const layers = new Set<number>();
  for (const part of cleaned.split(',')) {
    const range = /^\s*(\d{1,4})(?:\s*[-–]\s*(\d{1,4}))?\s*$/.exec(part);
    if (!range) return null;
    const from = Number(range[1]);
    const to = range[2] === undefined ? from : Number(range[2]);
    if (to < from) return null;
    for (let layer = from; layer <= to; layer++) layers.add(layer);
  }
  return [...layers].sort((a, b) => a - b);
}

export function formatLayers(layers: TrainingConfig['layers']): string {
  if (layers === 'all') return 'all';
  const runs: string[] = [];
  for (let i = 0; i < layers.length; i++) {
    const from = i;
    while (i + 1 < layers.length && layers[i + 1] === (layers[i] ?? 0) + 1) i++;
    runs.push(i === from ? `${layers[from]}` : `${layers[from]}–${layers[i]}`);
  }
  return runs.join(', ');
}

/** What is wrong with one value, in a sentence, or null. The schema decides; `modelLayers` bounds the layers. */
export function faultOf(key: SettingKey, value: unknown, modelLayers?: number): string | null {
  const parsed = trainingConfigSchema.shape[key].safeParse(value);
  if (!parsed.success) return inWords(parsed.error.issues[0]);
  if (key === 'layers' && Array.isArray(value) && modelLayers !== undefined) {
    const outside = value.find((layer): layer is number => typeof layer === 'number' && layer >= modelLayers);
    if (outside !== undefined) return `This model has layers 0 to ${modelLayers - 1}; there is no layer ${outside}.`;
  }
  return null;
}

interface Issue { code?: string; minimum?: unknown; maximum?: unknown; inclusive?: boolean; expected?: unknown; message?: string }

function inWords(issue: Issue | undefined): string {
  if (!issue) return 'This value cannot be used.';
  if (issue.code === 'too_small') return issue.inclusive === false ? `Must be more than ${String(issue.minimum)}.` : `At least ${String(issue.minimum)}.`;
  if (issue.code === 'too_big') return issue.inclusive === false ? `Must be less than ${String(issue.maximum)}.` : `At most ${String(issue.maximum)}.`;
  if (issue.code === 'invalid_type') return issue.expected === 'int' ? 'A whole number is needed.' : 'A number is needed.';
  return issue.message ?? 'This value cannot be used.';
}

/** Faults that only show between settings. */
export function faultsBetween(config: TrainingConfig): Partial<Record<SettingKey, string>> {
  const faults: Partial<Record<SettingKey, string>> = {};
  if (config.samplesPerPrompt > config.batchSize) faults.samplesPerPrompt = 'More answers per prompt than answers in the batch.';
  else if (config.batchSize % config.samplesPerPrompt !== 0) faults.samplesPerPrompt = `The batch of ${config.batchSize} does not divide by this.`;
  else if (config.baseline === 'leave-one-out' && config.samplesPerPrompt < 2) faults.samplesPerPrompt = 'Leave one out needs at least two answers per prompt.';
  if (config.temperature === 0) faults.temperature = 'At 0 every try is the same answer, and nothing can be learned.';
  if (config.warmupSteps >= config.steps) faults.warmupSteps = 'The warm-up is as long as the training.';
  return faults;
}
