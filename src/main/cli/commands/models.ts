import { existsSync } from 'node:fs';
import { Command } from 'commander';
import type { ModelDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import { percent, table } from '../output.ts';
import { CommandSession, type GlobalOptions } from '../session.ts';

const megabytes = (bytes: number | undefined): string => (bytes === undefined ? '' : `${(bytes / 1e6).toFixed(1)} MB`);
const line = (model: ModelDto): string[] => [
  model.id,
  model.source,
  model.unusable ?? `${model.architecture} · ${model.layers} layers · hidden ${model.hiddenSize} · ${((model.parameters ?? 0) / 1e6).toFixed(1)} M`,
  megabytes(model.sizeBytes),
  model.unusable === undefined ? `svd ${model.svd.state}` : '',
];

export function modelCommand(): Command {
  const group = new Command('model').description('models: bundled, added, or found in the local Hugging Face cache');
  group
    .command('add')
    .argument('<folder or hub id>')
    .option('--revision <name>', 'branch, tag or commit of a hub id', 'main')
    .description('adds a checkpoint folder, or downloads a model of the hub (owner/name)')
    .action(async (place: string, options: { revision: string }, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const model = existsSync(place) ? await session.call('models.addFolder', { folder: place }) : await download(session, place, options.revision);
        session.output.result(model, `Added ${line(model).join('  ')}`);
      }),
    );
  group
    .command('list')
    .description('what there is, usable or not and why')
    .action(async (_: object, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const models = await session.call('models.list', {});
        session.output.result({ models }, table(['id', 'source', 'model', 'size', 'svd'], models.map(line)));
      }),
    );
  group
    .command('remove')
    .argument('<id>')
    .description('forgets a model; files are deleted only where this application downloaded them')
    .action(async (id: string, _: object, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        await session.call('models.remove', { id });
        session.output.result({ removed: id }, `Removed ${id}`);
      }),
    );
  group
    .command('spectrum')
    .argument('<id>')
    .description('the share of each matrix’s spectrum in its top singular values (needs the SVD cache)')
    .action(async (id: string, _: object, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const model = await session.model(id);
        const { ranks, matrices } = await session.call('models.spectrum', { id: model.id });
        const shown = [0.05, 0.1, 0.25, 0.5].map((share) => Math.max(0, Math.ceil(ranks.length * share) - 1));
        session.output.result({ model: model.id, ranks, matrices }, table(['layer', 'projection', 'rank', ...shown.map((i) => `top ${ranks[i]}`)],
          matrices.map(({ layer, projection, rank, shares }) => [String(layer), projection, String(rank), ...shown.map((i) => percent(shares[i]))])));
      }),
    );
  return group;
}

async function download(session: CommandSession, hubId: string, revision: string): Promise<ModelDto> {
  if (!/^[\w.-]+\/[\w.-]+$/.test(hubId)) throw new SingularError('not-found', `There is no folder ${hubId}, and a hub id looks like owner/name.`);
  const { jobId } = await session.call('models.download', { hubId, revision });
  const job = await session.finish(jobId, ({ progress }) =>
    session.output.progress({ event: 'download', ...progress }, `${megabytes(progress.done)} of ${megabytes(progress.total)}`));
  const models = await session.call('models.list', {});
  const model = models.find(({ id, source, name }) => id === job.modelId || (source === 'hub' && name === hubId));
  if (!model) throw new SingularError('internal', `${hubId} was downloaded but is not in the list of models.`);
  return model;
}

export function svdCommand(): Command {
  return new Command('svd')
    .description('makes the SVD cache of a model, once')
    .option('--model <id or folder>')
    .action(async (options: { model?: string }, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const model = await session.model(options.model);
        const began = performance.now();
        const { jobId } = await session.call('models.prepare', { id: model.id });
        await session.finish(jobId, ({ progress }) =>
          session.output.progress({ event: 'svd', ...progress }, `${progress.done} of ${progress.total} matrices, ${Math.ceil(progress.secondsLeft ?? 0)} s left`));
        const { svd } = await session.model(model.id);
        const seconds = (performance.now() - began) / 1000;
        session.output.result({ model: model.id, ...svd, seconds }, `SVD cache of ${model.id}: ${svd.state}, ${megabytes(svd.sizeBytes)}, ${seconds.toFixed(1)} s`);
      }),
    );
}
