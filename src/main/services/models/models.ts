import { existsSync, realpathSync, rmSync } from 'node:fs';
import { join, sep } from 'node:path';
import { SingularError } from '../../../shared/errors.ts';
import { jobUsing } from '../basics/jobUse.ts';
import type { ServiceContext } from '../context.ts';
import type { HandlerGroup } from '../handlers.ts';
import { readSettings } from '../settings.ts';
import { queueSvd } from './prepare.ts';
import { spectrumOf } from './spectrum.ts';

/** Looks for new and changed models in the background at most this often. */
const lookAgainMs = 15_000;

export function modelHandlers(context: ServiceContext): HandlerGroup<'models'> {
  const { stores, catalog, queue, events, layout, clock, newId, env, log, shell, engine } = context;
  let lookedAt = 0;
  return {
    'models.list': async () => {
      if (shell === 'cli' || !catalog.isKnown()) await catalog.ready();
      if (clock() - lookedAt > lookAgainMs) {
        lookedAt = clock();
        catalog.refresh().catch((error: unknown) => log.error('models.refresh', error));
      }
      return catalog.list();
    },
    'models.addFolder': async ({ folder }) => {
      await catalog.ready();
      return catalog.addFolder(folder);
    },
    'models.download': ({ hubId, revision }) => {
      const running = stores.jobs.inStates(['queued', 'running', 'paused']).find((job) => job.kind === 'download' && (job.input as { hubId?: string }).hubId === hubId);
      if (running) return { jobId: running.id };
      const { hubEndpoint } = readSettings(stores.settings, env);
      const job = queue.add({
        id: newId(), kind: 'download', title: `Download ${hubId}`, runId: null, modelId: null, dependsOn: null,
        input: { hubId, revision, endpoint: hubEndpoint, targetRoot: layout.models }, progress: { unit: 'bytes' },
      });
      return { jobId: job.id };
    },
    'models.remove': async ({ id }) => {
      await catalog.ready();
      const record = catalog.get(id);
      const user = jobUsing(stores, { modelId: id });
      if (user) throw new SingularError('conflict', `“${record.name}” is used by the job “${user.title}”; cancel that first.`);
      stores.models.remove(id, clock());
      // only what this application downloaded or made is deleted; a folder of the person's stays
      const downloads = existsSync(layout.models) ? realpathSync(layout.models) : layout.models;
      const { weightsHash } = record;
      const unused = [
        ...(record.source === 'hub' && record.folder.startsWith(downloads + sep) ? [record.folder] : []),
        ...(weightsHash !== null && !stores.models.list().some((other) => other.weightsHash === weightsHash) ? ['svd', 'fp32'].map((made) => join(layout.cache, made, weightsHash)) : []),
      ];
      for (const folder of unused) {
        try {
          rmSync(folder, { recursive: true, force: true });
        } catch (error) {
          // a file that the engine still has open stays on Windows; the model is gone from the list all the same
          log.error('models.remove', error);
          events.emit('notice', { level: 'warning', message: `${folder} could not be deleted: ${(error as Error).message}` });
        }
      }
      events.emit('models.changed', null);
      return null;
    },
    'models.spectrum': async ({ id }) => {
      const model = await catalog.use(id);
      if ((await catalog.refreshSvd(id)).state !== 'ready') throw new SingularError('conflict', `${model.name} has no SVD cache yet; prepare it first.`);
      return spectrumOf(await engine.call('spectrum', catalog.place(model)));
    },
    'models.prepare': async ({ id }) => {
      return { jobId: queueSvd(context, await catalog.use(id)) };
    },
  };
}
