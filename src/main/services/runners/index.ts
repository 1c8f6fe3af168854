import type { JobRunners } from '../../jobs/runner.ts';
import { compareRunner } from './compare.ts';
import type { RunnerContext } from './context.ts';
import { controlRunner } from './control.ts';
import { dispatcherRunner } from './dispatcher.ts';
import { downloadRunner } from './download.ts';
import { evaluateRunner } from './evaluate.ts';
import { exportRunner } from './exportFiles.ts';
import { importDatasetRunner } from './importDataset.ts';
import { searchRunner } from './search.ts';
import { svdRunner } from './svd.ts';
import { trainRunner } from './train.ts';

/** What each kind of job does; a kind without a runner does not compile. */
export function createRunners(context: RunnerContext): JobRunners {
  return {
    train: trainRunner(context),
    compare: compareRunner(context),
    control: controlRunner(context),
    search: searchRunner(context),
    dispatcher: dispatcherRunner(context),
    svd: svdRunner(context),
    evaluate: evaluateRunner(context),
    download: downloadRunner(context),
    export: exportRunner(context),
    'import-dataset': importDatasetRunner(context),
  };
}
