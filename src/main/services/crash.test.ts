import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { createServices } from './index.ts';
import { ended, Home, startTraining } from './testing/home.ts';
import { isAlive } from '../engine/testing/isAlive.ts';

let home: Home;
beforeEach(() => void (home = new Home()));
afterEach(() => home.clean());

test('the whole application killed in a training: its engine goes with it, and the next start ends the training with the same numbers', async () => {
  const victim = spawn(process.execPath, [fileURLToPath(new URL('./testing/victim.ts', import.meta.url)), home.home, home.nativeModels], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...home.holds('train:5') } });
  let runId = '';
  let enginePid = 0;
  for await (const line of createInterface({ input: victim.stdout })) {
    const told = JSON.parse(line) as { runId: string; step: number; enginePid: number };
    ({ runId, enginePid } = told);
    if (told.step === 5) break;
  }
  victim.kill('SIGKILL');
  await expect.poll(() => isAlive(enginePid)).toBe(false);

  // a command line says what happened and leaves it to the window; its own training does not wait for the dead
  const cli = home.services({ shell: 'cli' });
  expect((await cli.call('jobs.list', { offset: 0, limit: 10 })).find((job) => job.runId === runId)?.state).toBe('interrupted');
  expect((await ended(cli, (await startTraining(cli, {}, 'other')).jobId)).state).toBe('succeeded');
  await cli.close();

  const services = home.services();
  const before = await services.call('runs.get', { id: runId });
  expect((await ended(services, before.jobId)).state).toBe('succeeded');
  const taken = await services.call('runs.get', { id: runId });

  const quiet = home.services({ home: home.path('quiet') });
  const undisturbed = await startTraining(quiet);
  await ended(quiet, undisturbed.jobId);
  const reference = await quiet.call('runs.get', { id: undisturbed.runId });
  expect(taken.steps).toEqual(reference.steps);
  expect(taken.validations).toEqual(reference.validations);
  expect(taken.gain).toEqual(reference.gain);
});

test('a home whose database another program holds is refused with code busy, and opens afterwards', async () => {
  await home.services({ shell: 'cli' }).close();
  const holder = new Sqlite(`${home.home}/singular.sqlite`);
  holder.exec('begin exclusive');
  const open = (): ReturnType<typeof createServices> => home.services({ shell: 'cli', busyTimeoutMs: 20 });
  // reading is possible beside a writer; whatever writes is refused with the sentence
  const services = open();
  await expect(services.dispatch('settings.set', { theme: 'dark' })).rejects.toMatchObject({ code: 'busy', message: 'The database singular.sqlite is locked by another program; nothing was changed.' });
  holder.exec('rollback');
  holder.close();
  expect(await services.dispatch('settings.set', { theme: 'dark' })).toMatchObject({ theme: 'dark' });
});
