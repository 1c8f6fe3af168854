import { z } from 'zod';
import type { SettingsDto } from '../../shared/contract.ts';
import type { SettingsStore } from '../db/index.ts';
import type { ServiceContext } from './context.ts';
import type { HandlerGroup } from './handlers.ts';

const key = 'settings';

const storedSchema = z.object({
  theme: z.enum(['system', 'light', 'dark']).catch('system'),
  device: z.enum(['auto', 'cpu', 'webgpu', 'cuda', 'dml', 'coreml']).catch('auto'),
  threads: z.int().min(0).max(256).catch(0),
  hubEndpoint: z.string().catch(''),
});

/** `HF_ENDPOINT` is the hub's address where the person has set none. */
export function readSettings(store: SettingsStore, env: Record<string, string | undefined>): SettingsDto {
  const stored = storedSchema.parse(store.get(key) ?? {});
  return { ...stored, hubEndpoint: stored.hubEndpoint || env['HF_ENDPOINT'] || 'https://huggingface.co' };
}

export function settingsHandlers(context: ServiceContext): HandlerGroup<'settings'> {
  const { stores, events, engine, env } = context;
  return {
    'settings.get': () => readSettings(stores.settings, env),
    'settings.set': async (input) => {
      const before = readSettings(stores.settings, env);
      const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
      stores.settings.set(key, { ...storedSchema.parse(stores.settings.get(key) ?? {}), ...given });
      const after = readSettings(stores.settings, env);
      events.emit('settings.changed', after);
      if (after.threads !== before.threads) {
        // read at the engine's start; what runs now is not disturbed for it
        if (engine.busy) events.emit('notice', { level: 'info', message: 'The number of threads changes when the engine is next started.' });
        else await engine.restart();
      }
      return after;
    },
  };
}
