import { eq, sql } from 'drizzle-orm';
import type { Connection } from './open.ts';
import { settings } from './schema.ts';

export interface SettingsStore {
  /** parsed JSON, or undefined where nothing was stored */
  get(key: string): unknown;
  set(key: string, value: unknown): void;
}

export function createSettingsStore({ orm }: Connection): SettingsStore {
  const select = orm.select({ value: settings.value }).from(settings).where(eq(settings.key, sql.placeholder('key'))).prepare();
  const upsert = orm.insert(settings).values({ key: sql.placeholder('key'), value: sql.placeholder('value') })
    .onConflictDoUpdate({ target: settings.key, set: { value: sql`excluded.value` } }).prepare();
  return {
    get: (key) => {
      const found = select.get({ key });
      return found ? JSON.parse(found.value) as unknown : undefined;
    },
    set: (key, value) => void upsert.run({ key, value: JSON.stringify(value) }),
  };
}
