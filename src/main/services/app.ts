import { availableParallelism, arch, cpus, release, totalmem } from 'node:os';
import { createRequire } from 'node:module';
import type { AppInfoDto, Device, DeviceDto } from '../../shared/contract.ts';
import { logLine } from './basics/log.ts';
import type { ServiceContext } from './context.ts';
import type { HandlerGroup } from './handlers.ts';
import { readSettings } from './settings.ts';

/** The engine takes the first of these that is there, unless the person chose (its `chooseDevice`). */
const preference: readonly Device[] = ['cuda', 'dml', 'cpu'];

export function ownVersions(): Record<string, string> {
  const require = createRequire(import.meta.url);
  const versions: Record<string, string> = { node: process.versions.node };
  if (process.versions['electron']) versions['electron'] = process.versions['electron'];
  for (const name of ['better-sqlite3', 'drizzle-orm']) {
    try {
      versions[name] = (require(`${name}/package.json`) as { version: string }).version;
    } catch {
      // bundled: the package's manifest is not there
    }
  }
  return versions;
}

export function appHandlers(context: ServiceContext): HandlerGroup<'app'> {
  const { engine, stores, env, layout, shell, version, platform, log } = context;
  let memoryBytes = 0;

  const info = (): AppInfoDto => {
    const settings = readSettings(stores.settings, env);
    const devices: DeviceDto[] = engine.facts?.devices ?? [];
    const isThere = (device: Device): boolean => devices.some((candidate) => candidate.device === device && candidate.available);
    const wish: readonly Device[] = settings.device === 'auto' ? preference : [settings.device];
    const device = wish.find(isThere) ?? 'cpu';
    return {
      version, platform: `${platform} ${release()} ${arch()}`, shell, home: layout.home, engine: engine.state, versions: { ...ownVersions(), ...engine.facts?.versions },
      devices, device, memoryBytes: memoryBytes + process.memoryUsage.rss(), cpuThreads: settings.threads || availableParallelism(),
    };
  };

  return {
    'app.info': () => {
      // a busy engine answers late; the figure shown is the last one heard
      if (engine.state.state === 'ready') void engine.call('memory', null).then(({ rssBytes }) => (memoryBytes = rssBytes), () => (memoryBytes = 0));
      return info();
    },
    'app.diagnostics': () => {
      const facts = info();
      const models = stores.models.list();
      const lines = [
        `Singular ${facts.version} (${facts.shell}) on ${facts.platform}`,
        `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} threads, ${Math.round(totalmem() / 2 ** 30)} GiB`,
        `engine: ${facts.engine.state}, ${Math.round(facts.memoryBytes / 2 ** 20)} MiB in use`,
        `versions: ${Object.entries(facts.versions).map(([name, value]) => `${name} ${value}`).join(', ')}`,
        `device: ${facts.device}`,
        ...facts.devices.map((device) => `  ${device.device}: ${device.available ? device.label : `not available${device.reason ? ` (${device.reason})` : ''}`}`),
        // counts and shapes, no names: a model's or an expert's name is the person's own
        `models: ${models.length} (${models.filter((model) => model.unusable !== null).length} not usable), SVD caches ready: ${models.filter((model) => model.svd.state === 'ready').length}`,
        `experts: ${stores.experts.list({ search: '', tags: [], sort: 'created', offset: 0, limit: 1 }).total}, datasets: ${stores.datasets.list().length}, runs: ${stores.runs.list({ offset: 0, limit: 1 }).total}`,
        '',
        'last entries of the log:',
        ...log.recent().map(logLine),
      ];
      return { text: lines.join('\n') };
    },
  };
}
