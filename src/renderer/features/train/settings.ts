/**
 * Every setting of a training, grouped and in plain words. What a setting is stands in the contract's schema
 * (`describe`); the hint here says when a person would touch it.
 */
import { trainingConfigSchema, type TrainingConfig } from '../../../shared/training.ts';

export type SettingKey = keyof TrainingConfig;
export type Control =
  | { kind: 'number'; whole: boolean; step: number; unit?: string }
  | { kind: 'choice'; options: readonly { value: string; label: string; note?: string }[] }
  | { kind: 'layers' }
  | { kind: 'list' }
  | { kind: 'share' };

export interface Setting {
  key: SettingKey; label: string; description: string; hint: string; control: Control;
  /** whether the setting does anything beside the others; always without it */
  applies?: (config: TrainingConfig) => boolean;
}
export interface SettingGroup { title: string; about: string; settings: readonly Setting[] }

const whole = (unit?: string, step = 1): Control => ({ kind: 'number', whole: true, step, ...(unit ? { unit } : {}) });
const real = (step: number, unit?: string): Control => ({ kind: 'number', whole: false, step, ...(unit ? { unit } : {}) });
const choice = (options: Record<string, string | [label: string, note: string]>): Control => ({
  kind: 'choice', options: Object.entries(options).map(([value, text]) => (typeof text === 'string' ? { value, label: text } : { value, label: text[0], note: text[1] })),
});

function setting(key: SettingKey, label: string, control: Control, hint: string, applies?: Setting['applies']): Setting {
  return { key, label, description: trainingConfigSchema.shape[key].description ?? '', hint, control, ...(applies ? { applies } : {}) };
}
const isSvf = ({ method }: TrainingConfig): boolean => method === 'svf';
const hasRank = ({ method }: TrainingConfig): boolean => method === 'lora' || method === 'dora';
const samples = ({ objective }: TrainingConfig): boolean => objective === 'policy-gradient';

/** What most people change: always in view. */
export const basicSettings: SettingGroup = {
  title: 'What is trained', about: 'The method, what it learns from, and which weights it may touch.',
  settings: [
    setting('method', 'Method', choice({
      svf: ['SVF', 'one number per singular value; can be mixed on the desk'], lora: ['LoRA', 'a low-rank update beside each matrix'],
      dora: ['DoRA', 'LoRA with the size of each row learned apart'], ia3: ['IA³', 'one number per activation'],
    }), 'LoRA, DoRA and IA³ are here to compare with.'),
    setting('objective', 'Objective', choice({ 'policy-gradient': ['Policy gradient', 'its own answers, rewarded by the grader'], 'next-token': ['Next token', 'imitates the reference answers'] }), 'Policy gradient is the paper’s.'),
    setting('modules', 'Projections', choice({ both: 'attention and MLP', mlp: 'MLP only', attention: 'attention only', 'query-value': ['query and value', 'as LoRA is usually set'] }), 'Both learns best in the paper; MLP alone is nearly as good and smaller.'),
    setting('layers', 'Layers', { kind: 'layers' }, 'Half of the layers is enough for very large models.'),
    setting('seeds', 'Repetitions', whole('seeds'), 'Three or more say how much of a score is luck.'),
  ],
};

/** The rest, behind “More settings”. */
export const moreSettings: readonly SettingGroup[] = [
  {
    title: 'Length', about: 'How long the training goes on, and how much it tries at each step.',
    settings: [
      setting('steps', 'Steps', whole('steps'), 'More steps learn more until validation stops improving; the best checkpoint is kept either way.'),
      setting('batchSize', 'Batch', whole('answers', 8), 'More answers make each step surer and slower.'),
      setting('samplesPerPrompt', 'Answers per prompt', whole('answers'), 'Several answers to one prompt show the difference between them; “leave one out” and “group” need at least two.', samples),
      setting('maxTokens', 'Longest answer', whole('tokens', 8), 'Answers are cut here. Too short, and right answers never finish.'),
    ],
  },
  {
    title: 'Answers', about: 'How the model is made to try different answers, and what they earn.',
    settings: [
      setting('temperature', 'Temperature', real(0.1), '1 tries what the model itself finds likely. Lower tries less; 0 gives nothing to compare.', samples),
      setting('topP', 'Top-p', real(0.05), 'Below 1 the unlikely tail of tokens is never tried.', samples),
      setting('baseline', 'Reward baseline', choice({ none: ['none', 'as in the paper'], batch: 'batch, standardised', 'leave-one-out': 'leave one out', group: 'group, standardised' }), 'Compares an answer with the others, so that only better-than-usual answers are reinforced.', samples),
      setting('rewardWrong', 'Reward of a wrong answer', real(0.1), '−1 as in the paper, −0.1 in its vision runs; nearer to 0 punishes less.', samples),
    ],
  },
  {
    title: 'Learning', about: 'How far each step moves what is trained.',
    settings: [
      setting('learningRate', 'Learning rate', real(0.001), 'The paper’s 0.002 is careful; z of small models learns with ten times that, adapters do not.'),
      setting('schedule', 'Schedule', choice({ cosine: 'cosine, falling to zero', constant: 'constant' }), 'Cosine settles towards the end.'),
      setting('warmupSteps', 'Warm-up', whole('steps'), 'Begins gently; useful with large learning rates.'),
      setting('clipNorm', 'Gradient clip', real(0.001), 'A single lucky batch cannot move further than this allows.'),
      setting('weightDecay', 'Weight decay', real(0.01), 'Pulls back to the base where the reward does not hold it.'),
    ],
  },
  {
    title: 'Staying close to the base', about: 'What holds the expert near the model it came from.',
    settings: [
      setting('klCoefficient', 'KL weight λ', real(0.01), 'Higher keeps more of the base’s manner and learns more slowly.', ({ klSweep }) => klSweep.length === 0),
      setting('klSweep', 'λ to try', { kind: 'list' }, 'The paper tries 0, 0.1, 0.2, 0.3. Each is a training of its own; empty uses the one λ.'),
      setting('klDirection', 'KL direction', choice({ 'policy-base': ['expert to base', 'as in the paper'], 'base-policy': 'base to expert' }), 'Expert to base avoids what the base would never say; base to expert keeps all that it might say.'),
    ],
  },
  {
    title: 'Form of the method', about: 'What is trained, in detail.',
    settings: [
      setting('parametrisation', 'Parametrisation', choice({ direct: ['direct', 'z itself, as in the paper'], reference: ['reference', 'sigmoid, nuclear norm kept'] }), 'Reference does as the authors’ code does.', isSvf),
      setting('initMean', 'Start, mean', real(0.05), 'Direct: 1 starts at the base. Reference: any value does.', isSvf),
      setting('initDeviation', 'Start, deviation', real(0.01), 'A little noise gives every seed its own path; 0 starts exactly at the mean.', isSvf),
      setting('rank', 'Rank', whole(undefined, 4), '16 in the paper.', hasRank),
      setting('alpha', 'Alpha', real(8), '32 in the paper: twice the rank.', hasRank),
      setting('dropout', 'Dropout', real(0.05), '0.05 in the paper; 0 turns it off.', hasRank),
    ],
  },
  {
    title: 'Rows', about: 'Which rows choose the checkpoint, and which are kept for the one score at the end.',
    settings: [
      setting('validationShare', 'For choosing', { kind: 'share' }, 'The paper takes equal halves for training and validation.'),
      setting('validationRows', 'Validation answers', whole('answers', 16), 'More answers narrow the interval and take longer.'),
      setting('validationTemperature', 'Validation temperature', real(0.1), 'Greedy judges the likeliest answer; 1 judges the model as it is trained.'),
      setting('testShare', 'Test share', real(0.05), 'Only where the rows name no test rows themselves; 0 keeps none, and the score stays a validation score.'),
      setting('testRows', 'Test rows at most', whole('rows', 50), 'More rows narrow the final interval.'),
      setting('testTemperature', 'Test temperature', real(0.1), '0 is greedy, as published scores are.'),
    ],
  },
  {
    title: 'Stopping and keeping', about: 'How often it is judged, when it ends early, and what is written down.',
    settings: [
      setting('validateEvery', 'Validate every', whole('steps'), 'Only validated steps can become the kept checkpoint.'),
      setting('patience', 'Early stopping', whole('validations'), 'Stops after this many validations without a new best; 0 never does.'),
      setting('checkpointEvery', 'Checkpoint every', whole('steps'), 'What a power cut can cost at most.'),
      setting('seed', 'Seed', whole(), 'The same seed repeats the run to the digit; repetitions take the seeds after it.'),
    ],
  },
];

export const settingGroups: readonly SettingGroup[] = [basicSettings, ...moreSettings];
const settingOf = new Map(settingGroups.flatMap((group) => group.settings).map((one) => [one.key, one]));
/** Whether a setting does anything in this configuration. */
export const applies = (key: SettingKey, config: TrainingConfig): boolean => settingOf.get(key)?.applies?.(config) ?? true;

/** Layers by number, whichever way they were named. */
export function chosenLayers(layers: TrainingConfig['layers'], count: number): number[] {
  const all = Array.from({ length: count }, (_, layer) => layer);
  switch (layers) {
    case 'all': return all;
    case 'every-second': return all.filter((layer) => layer % 2 === 0);
    case 'first-half': return all.slice(0, Math.ceil(count / 2));
    case 'last-half': return all.slice(Math.floor(count / 2));
    default: return layers.filter((layer) => layer < count);
  }
}

/** `0, 0.1, 0.2` → [0, 0.1, 0.2]; empty → []; null when one of them is no number. */
export function parseList(text: string): number[] | null {
  const parts = text.split(/[,;\s]+/).filter((part) => part !== '').map((part) => Number(part.replace('−', '-')));
  return parts.some((part) => Number.isNaN(part)) ? null : parts;
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
  if (issue.code === 'invalid_union') return 'This value cannot be used.';
  if (issue.code === 'invalid_type') return issue.expected === 'int' ? 'A whole number is needed.' : 'A number is needed.';
  return issue.message ?? 'This value cannot be used.';
}

/** What the rows have, as far as it decides which settings can be used. */
export interface RowsHave { references: boolean }

/** Faults that only show between settings, or between settings and rows. */
export function faultsBetween(config: TrainingConfig, rows: RowsHave = { references: true }, hiddenSize = Infinity): Partial<Record<SettingKey, string>> {
  const faults: Partial<Record<SettingKey, string>> = {};
  if (config.objective === 'next-token' && !rows.references) faults.objective = 'Next token imitates reference answers, and these rows have none.';
  if (config.objective === 'policy-gradient') {
    if (config.samplesPerPrompt > config.batchSize) faults.samplesPerPrompt = 'More answers per prompt than answers in the batch.';
    else if (config.batchSize % config.samplesPerPrompt !== 0) faults.samplesPerPrompt = `The batch of ${config.batchSize} does not divide by this.`;
    else if (config.baseline === 'leave-one-out' && config.samplesPerPrompt < 2) faults.samplesPerPrompt = 'Leave one out needs at least two answers per prompt.';
    else if (config.baseline === 'group' && config.samplesPerPrompt < 2) faults.samplesPerPrompt = 'The group baseline needs at least two answers per prompt.';
    if (config.temperature === 0) faults.temperature = 'At 0 every try is the same answer, and nothing can be learned.';
    if (config.rewardWrong === 1) faults.rewardWrong = 'Wrong answers would earn as much as right ones.';
  }
  if (hasRank(config) && config.rank > hiddenSize) faults.rank = `This model’s matrices have a rank of at most ${hiddenSize}.`;
  if (new Set(config.klSweep).size !== config.klSweep.length) faults.klSweep = 'The same λ stands here twice.';
  if (config.warmupSteps >= config.steps) faults.warmupSteps = 'The warm-up is as long as the training.';
  return faults;
}
