/** What the window knows: read once when it opens, kept true by events, read again after a lost connection. */
import { bridge } from '../bridge/index.ts';
import { notify } from '../ui/toast.ts';
import { appInfo } from './app-info.svelte.ts';
import { comparisons } from './comparisons.svelte.ts';
import { datasets } from './datasets.svelte.ts';
import { dispatchers } from './dispatchers.svelte.ts';
import { experts } from './experts.svelte.ts';
import { jobs } from './jobs.svelte.ts';
import { announceJob } from './milestones.ts';
import { mixes } from './mixes.svelte.ts';
import { models } from './models.svelte.ts';
import { searches } from './searches.svelte.ts';
import { settings } from './settings.svelte.ts';
import { tasks } from './tasks.svelte.ts';

export { appInfo, comparisons, datasets, dispatchers, experts, jobs, mixes, models, searches, settings, tasks };
export { ExpertList, type ExpertFilter } from './experts.svelte.ts';
export { activeStates } from './jobs.svelte.ts';
export { Resource } from './resource.svelte.ts';

async function readAll(): Promise<void> {
  await Promise.all([appInfo.refresh(), settings.refresh(), models.refresh(), jobs.refresh(), datasets.refresh(), tasks.refresh(), mixes.refresh(), comparisons.refresh(), searches.refresh(), dispatchers.refresh(), experts.changed()]);
}

/** Starts listening, then reads everything. Returns what stops it. */
export function startState(): () => void {
  const stops = [
    bridge.on('models.changed', () => void models.refresh()),
    bridge.on('datasets.changed', () => {
      void datasets.refresh();
      void tasks.refresh();
    }),
    bridge.on('tasks.changed', () => void tasks.refresh()),
    bridge.on('experts.changed', () => {
      void experts.changed();
      void dispatchers.refresh();
    }),
    bridge.on('dispatchers.changed', () => void dispatchers.refresh()),
    bridge.on('searches.changed', () => void searches.refresh()),
    bridge.on('comparison.changed', () => void comparisons.refresh()),
    bridge.on('mixes.changed', () => void mixes.refresh()),
    bridge.on('settings.changed', (value) => {
      settings.value = value;
      void appInfo.refresh();
    }),
    bridge.on('job.changed', (job) => {
      announceJob(jobs.byId(job.id), job);
      jobs.put(job);
    }),
    bridge.on('engine.changed', (engine) => {
      if (appInfo.value) appInfo.value = { ...appInfo.value, engine };
      if (engine.state === 'ready') void appInfo.refresh();
    }),
    bridge.on('notice', ({ level, message }) => notify(level, message)),
    bridge.onReconnect(() => void readAll()),
  ];
  void readAll();
  return () => stops.forEach((stop) => stop());
}
