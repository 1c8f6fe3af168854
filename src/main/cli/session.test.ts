import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStores, type JobStore } from '../db/index.ts';
import { newOwner } from '../jobs/owner.ts';
import { Home } from '../services/testing/home.ts';
import { CommandSession } from './session.ts';

const migrationsFolder = fileURLToPath(new URL('../../../drizzle', import.meta.url));
let home: Home;
beforeEach(() => void (home = new Home()));
afterEach(() => home.clean());

/** A job that another, living instance runs. */
function addRunning(jobs: JobStore, id: string): void {
  jobs.add({ id, kind: 'train', title: id, heavy: true, input: {}, createdAt: Date.now(), progress: { done: 0, total: 1, unit: 'steps' }, runId: null, modelId: null, dependsOn: null, owner: newOwner() });
  jobs.change(id, { state: 'running', heartbeatAt: Date.now() });
}

test('a job that ends and is taken off the list at once leaves nobody waiting', async () => {
  await CommandSession.run({ home: home.path('home') }, async (session) => {
    const stores = openStores({ file: home.path('home/singular.sqlite'), migrationsFolder });
    addRunning(stores.jobs, 'theirs');
    const waiting = session.finish('theirs');
    stores.jobs.change('theirs', { state: 'succeeded', endedAt: Date.now() });
    stores.jobs.clear();
    await expect(waiting).rejects.toMatchObject({ code: 'not-found' });
    stores.close();
  });
});
