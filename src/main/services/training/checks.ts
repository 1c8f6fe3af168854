/** What a training is refused for before it is queued: one sentence that names the setting. */
import type { DatasetDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import { splitCounts, type TaskReading } from '../../../shared/task.ts';
import type { TrainingConfig } from '../../../shared/training.ts';
import { tunedMatrices } from '../../../shared/tuned.ts';
import type { UsableModel } from '../models/catalog.ts';

const refuse = (message: string): never => {
  throw new SingularError('bad-input', message);
};

/** Throws `bad-input`. */
export function checkConfig(config: TrainingConfig, model: Pick<UsableModel, 'name' | 'facts'>): void {
  if (Array.isArray(config.layers)) {
    const beyond = config.layers.find((layer) => layer >= model.facts.layers);
    if (beyond !== undefined) refuse(`“layers” names layer ${beyond}, but ${model.name} has the layers 0 to ${model.facts.layers - 1}.`);
  }
  tunedMatrices(model.facts.matrices, model.facts.layers, config);
  if (config.method !== 'svf' && config.parametrisation === 'reference') refuse(`“parametrisation” reference is a form of SVF’s z; “method” is ${config.method}.`);
  if (config.objective === 'policy-gradient') {
    if (config.batchSize % config.samplesPerPrompt !== 0) refuse(`“batchSize” (${config.batchSize}) must be a multiple of “samplesPerPrompt” (${config.samplesPerPrompt}).`);
    if (config.baseline === 'group' && config.samplesPerPrompt < 2) refuse('“baseline” group compares the answers to one prompt, so “samplesPerPrompt” must be at least 2.');
    if (config.temperature === 0 && config.samplesPerPrompt > 1) refuse('“temperature” 0 answers a prompt the same every time, so “samplesPerPrompt” must be 1.');
  }
}

/** At least one row to train on and one to choose by. Throws `bad-input`. */
export function checkRows(config: TrainingConfig, { splits: named, name }: Pick<DatasetDto, 'splits' | 'name'>, { mapping, splits: by }: TaskReading): void {
  const splits = splitCounts(named, by);
  const given = config.validationShare === 'given' && splits.validation > 0;
  const free = splits.train + splits.unassigned + (given ? 0 : splits.validation);
  if (free === 0) refuse(`The dataset “${name}” has no rows to train on: all of them are for ${splits.validation === 0 ? 'testing' : 'validation or testing'}.`);
  if (free === 1 && !given) refuse(`The dataset “${name}” has one usable row; training and validation need at least one each.`);
  if (config.objective === 'next-token' && mapping.kind === 'prompt-only') refuse(`“objective” next-token imitates answers, and the dataset “${name}” has none.`);
}
