/** Words of the command line that need reading before or beside commander: option order, `--set`, `--mix`. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { searchConfigSchema, searchPresets, type SearchConfig } from '../../shared/adaptation.ts';
import { SingularError } from '../../shared/errors.ts';
import { columnMappingSchema, taskSplitsSchema, type ColumnMapping, type TaskSplits } from '../../shared/task.ts';
import { presets, trainingConfigSchema, type PresetName, type TrainingConfig } from '../../shared/training.ts';

const groups: ReadonlySet<string> = new Set(['model', 'expert', 'mix', 'compare', 'dispatcher', 'search', 'tasks', 'jobs', 'settings', 'runs', 'datasets', 'conversations']);
const switches: ReadonlySet<string> = new Set(['--json', '--raw', '--cost', '--check', '--help', '-h', '--version', '-V']);

/**
 * Brings the command (and the second word of a group) to the front, so that options may stand before or after it:
 * `--json --home DIR expert list` is `expert list --json --home DIR`.
 */
export function commandFirst(words: readonly string[]): string[] {
  const command: string[] = [];
  const rest: string[] = [];
  let wanted = 1;
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === '--') return [...command, ...rest, ...words.slice(i)];
    if (word.startsWith('-') && word !== '-') {
      rest.push(word);
      if (!switches.has(word) && !word.includes('=') && i + 1 < words.length) rest.push(words[++i]);
    } else if (command.length < wanted) {
      command.push(word);
      if (command.length === 1 && groups.has(word)) wanted = 2;
    } else rest.push(word);
  }
  return [...command, ...rest];
}

const usage = (message: string): SingularError => new SingularError('usage', message);

function assignment(text: string, option: string): [name: string, value: string] {
  const at = text.lastIndexOf('=');
  if (at < 1) throw usage(`${option} takes NAME=VALUE, not “${text}”.`);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** `NAME=α`, or `NAME=α,α,…` with one α per layer; a name may hold “=”. A name alone is a saved mix. */
export function parseMix(text: string): { name: string; alpha: number | number[] | undefined } {
  if (!text.includes('=')) return { name: text, alpha: undefined };
  const [name, value] = assignment(text, '--mix');
  const alphas = value.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (alphas.some((alpha) => !Number.isFinite(alpha))) throw usage(`--mix ${text}: α must be a number, or one number per layer separated by commas.`);
  return { name, alpha: alphas.length === 1 ? alphas[0] : alphas };
}

/** A list as `1,2,3`, in brackets or not; nothing between them is the empty list. */
const numbersOf = (text: string): number[] => text.replace(/^\[|\]$/g, '').split(',').filter((part) => part.trim() !== '').map(Number);

/** Values of `--set`: numbers, lists of numbers for λ's and layers (which have names too), else the text. */
function settingValue(key: string, text: string): unknown {
  if (key === 'klSweep') return numbersOf(text);
  if (key === 'layers') return /^[a-z]/.test(text) ? text : numbersOf(text);
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

function settings(pairs: readonly string[], known: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [key, value] = assignment(pair, '--set');
      if (!known.includes(key)) throw usage(`--set knows no “${key}”; it takes ${known.join(', ')}.`);
      return [key, settingValue(key, value)];
    }),
  );
}

function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  return `“${issue.path.join('.') || 'the configuration'}”: ${issue.message}`;
}

/** The preset, overlaid by the configuration file, overlaid by `--set`. */
export function trainingConfig(preset: string, file: string | undefined, pairs: readonly string[]): TrainingConfig {
  if (!(preset in presets)) throw usage(`--preset is quick or paper, not “${preset}”.`);
  const fromFile = file === undefined ? {} : configurationFile(file);
  const merged = { ...presets[preset as PresetName], ...fromFile };
  const checked = trainingConfigSchema.safeParse(merged);
  if (!checked.success) throw new SingularError('bad-input', `${file ?? 'The preset'}: ${firstIssue(checked.error)}.`);
  const result = trainingConfigSchema.safeParse({ ...checked.data, ...settings(pairs, Object.keys(trainingConfigSchema.shape)) });
  if (!result.success) throw usage(`--set ${firstIssue(result.error)}.`);
  return result.data;
}

function configurationFile(file: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new SingularError('bad-input', `${file} cannot be read as JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  const object = z.record(z.string(), z.unknown()).safeParse(parsed);
  if (!object.success) throw new SingularError('bad-input', `${file} must hold one JSON object of settings.`);
  return object.data;
}

/** A preset of the search, overlaid by `--set`. */
export function searchConfig(preset: string, pairs: readonly string[]): SearchConfig {
  if (!(preset in searchPresets)) throw usage(`--preset is quick or paper, not “${preset}”.`);
  const changes = Object.entries(settings(pairs, Object.keys(searchConfigSchema.shape))).map(([key, value]) => [key, value === 'true' ? true : value === 'false' ? false : value]);
  const result = searchConfigSchema.safeParse({ ...searchPresets[preset as keyof typeof searchPresets], ...Object.fromEntries(changes) as object });
  if (!result.success) throw usage(`--set ${firstIssue(result.error)}.`);
  return result.data;
}

/** `--splits`: `dataset`, or the shares of validation and test rows and a seed, `0.25,0.2,0`. */
export function taskSplits(text: string): TaskSplits {
  if (text === 'dataset') return { by: 'dataset' };
  const [validation, test, seed = 0, ...more] = numbersOf(text);
  const result = taskSplitsSchema.safeParse({ by: 'shares', validation, test, seed });
  if (!result.success || more.length > 0) throw usage(`--splits is dataset, or two shares and a seed as 0.25,0.2,0, not “${text}”.`);
  return result.data;
}

/** `--mapping`: JSON of the roles, `{"kind":"prompt-answer","prompt":"question","answer":"answer"}`. */
export function columnMapping(text: string): ColumnMapping {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw usage(`--mapping is JSON as {"kind":"prompt-answer","prompt":"question","answer":"answer"}, not “${text.slice(0, 60)}”.`);
  }
  const result = columnMappingSchema.safeParse(parsed);
  if (!result.success) throw usage(`--mapping ${firstIssue(result.error)}.`);
  return result.data;
}

const samplingKeys = ['maxTokens', 'temperature', 'topP', 'topK', 'seed'] as const;

/** Sampling of `evaluate` and `generate` from `--set`. */
export function samplingSettings(pairs: readonly string[]): Partial<Record<(typeof samplingKeys)[number], number>> {
  const values = settings(pairs, samplingKeys);
  const wrong = Object.entries(values).find(([, value]) => typeof value !== 'number');
  if (wrong) throw usage(`--set ${wrong[0]}: must be a number.`);
  return values;
}
