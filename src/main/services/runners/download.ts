import { z } from 'zod';
import type { JobRunner } from '../../jobs/runner.ts';
import type { RunnerContext } from './context.ts';
import { follow } from './follow.ts';

const inputSchema = z.object({ hubId: z.string(), revision: z.string(), endpoint: z.string(), targetRoot: z.string() });

/** Seconds left, from the speed since this attempt began (what was there already cost nothing). */
function secondsLeft(startedAt: number, now: number, first: number, done: number, total: number): number | undefined {
  const perSecond = (done - first) / ((now - startedAt) / 1000);
  return now - startedAt > 1000 && perSecond > 0 ? (total - done) / perSecond : undefined;
}

/** Downloads a model by hub id and adds it. Files are resumed, so a pause just ends the request. */
export function downloadRunner({ engine, catalog, clock, env, log }: RunnerContext): JobRunner {
  return {
    heavy: false,
    pause: 'abort',
    ended(job) {
      // paused or failed, a download goes on where it was; cancelled, nothing of it stays
      const input = inputSchema.safeParse(job.input);
      if (job.state === 'cancelled' && input.success) engine.call('discardDownload', input.data).catch((error: unknown) => log.error('models.discard', error));
    },
    async run(run) {
      const input = inputSchema.parse(run.job.input);
      const startedAt = clock();
      let first: number | undefined;
      const token = env['HF_TOKEN'];
      const request = engine.request('download', { ...input, ...(token && { token }) }, ({ doneBytes, totalBytes, file }) => {
        first ??= doneBytes;
        const left = secondsLeft(startedAt, clock(), first, doneBytes, totalBytes);
        run.progress({ done: doneBytes, total: totalBytes, unit: 'bytes', note: file, ...(left !== undefined && { secondsLeft: left }) });
      });
      const { folder } = await follow(run, request);
      const model = await catalog.addFolder(folder, 'hub', input.hubId);
      run.link({ modelId: model.id });
      return { modelId: model.id };
    },
  };
}
