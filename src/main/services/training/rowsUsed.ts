import type { DatasetDto, ExpertDto, Split } from '../../../shared/contract.ts';
import { splitCounts, type TaskSplits } from '../../../shared/task.ts';
import type { TrainingConfig } from '../../../shared/training.ts';

const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;

/** How many rows a training used for what, and in words where they are from: the splits of the dataset, or shares of its rows. */
export function rowsUsedOf(dataset: Pick<DatasetDto, 'name' | 'splits'> | undefined, config: TrainingConfig, counts: Record<Split, number>, divided: TaskSplits = { by: 'dataset' }): NonNullable<ExpertDto['rowsUsed']> {
  const { train, validation, test } = dataset ? splitCounts(dataset.splits, divided) : { train: 0, validation: 0, test: 0 };
  const name = `${dataset ? `“${dataset.name}”` : 'a removed dataset'}${divided.by === 'shares' ? ', divided by the task' : ''}`;
  const given = config.validationShare === 'given';
  const pooled = !given && validation > 0;
  const training = train > 0 || pooled ? `train ${pooled ? 'and validation ' : ''}rows of ${name}` : `rows of ${name}`;
  return {
    train: { rows: counts.train, from: training },
    validation: {
      rows: counts.validation,
      from: given && validation > 0 ? `validation rows of ${name}` : `${percent(config.validationShare === 'given' ? 0.25 : config.validationShare)} of the ${training}`,
    },
    test: { rows: counts.test, from: test > 0 ? `test rows of ${name}` : `${percent(config.testShare)} of the rows of ${name}` },
  };
}
