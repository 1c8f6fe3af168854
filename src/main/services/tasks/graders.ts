import type { TaskRow } from '../../../engine/host/protocol.ts';
import { SingularError } from '../../../shared/errors.ts';
import { found } from '../basics/found.ts';
import type { ServiceContext } from '../context.ts';
import { requireFile } from '../datasets/datasets.ts';
import { readFileRows } from '../datasets/fileRows.ts';
import type { HandlerGroup } from '../handlers.ts';
import { readAgain } from './rows.ts';

export function graderHandlers({ engine, stores }: ServiceContext): HandlerGroup<'graders'> {
  return {
    'graders.test': async (input) => {
      const answers = new Map(input.answers?.map(({ row, answer }) => [row, answer]));
      const enough = answers.size > 0 ? Math.max(...answers.keys()) + 1 : input.limit;
      let rows: TaskRow[];
      if (input.datasetId !== undefined) {
        found(stores.datasets.get(input.datasetId), `dataset ${input.datasetId}`);
        // positions never lie behind row numbers, so the first `enough` rows hold every row asked for
        ({ rows } = await readAgain({ engine, stores }, { datasetId: input.datasetId, ...(input.mapping && { reading: { mapping: input.mapping, splits: { by: 'dataset' } } }) }, stores.datasets.page(input.datasetId, 0, enough)));
      } else if (input.path !== undefined && input.mapping) {
        requireFile(input.path);
        ({ rows } = await readFileRows(engine, input.path, input.mapping, 0, enough));
      } else throw new SingularError('bad-input', 'A grader is tested on a dataset, or on a file with its column mapping.');
      const chosen = answers.size > 0 ? rows.filter((row) => answers.has(row.row)) : rows.slice(0, input.limit);
      const graded = chosen.map((row) => ({ row, answer: answers.get(row.row) ?? row.reference ?? '' }));
      const results = await engine.call('gradeRows', { grader: input.grader, rows: graded });
      return results.map(({ row, score, reason }, index) => ({ row, score, reason, answer: graded[index]?.answer ?? '' }));
    },
  };
}

/** Throws the engine's sentence where a grader cannot be used at all, or `bad-input` where no row has what it needs; rows are graded until one has. */
export async function checkGrader({ engine }: Pick<ServiceContext, 'engine'>, grader: string, rows: readonly TaskRow[]): Promise<void> {
  let lacking: string | undefined;
  for (const row of rows) {
    const [tried] = await engine.call('gradeRows', { grader, rows: [{ row, answer: row.reference ?? '' }] });
    if (tried?.lacks === undefined) return;
    lacking = tried.lacks;
  }
  if (lacking !== undefined) throw new SingularError('bad-input', `The grader ${grader} needs ${lacking}, and none of the first ${rows.length} rows has any.`);
}
