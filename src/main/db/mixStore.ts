import { and, asc, desc, eq } from 'drizzle-orm';
import type { MixDto, MixPartDto } from '../../shared/contract.ts';
import { mixes, mixParts } from './deskSchema.ts';
import type { Connection } from './open.ts';

export interface MixStore {
  list(modelId?: string): MixDto[];
  get(id: string): MixDto | undefined;
  byName(modelId: string, name: string): MixDto | undefined;
  /** inserts, or replaces the mix of that id with all its parts */
  save(mix: MixDto): void;
  remove(id: string): void;
}

export function createMixStore({ orm, client }: Connection): MixStore {
  const withParts = ({ searchId, ...row }: typeof mixes.$inferSelect): MixDto => ({
    ...row,
    ...(searchId !== null && { searchId }),
    parts: orm.select().from(mixParts).where(eq(mixParts.mixId, row.id)).orderBy(asc(mixParts.position)).all().map((part): MixPartDto => ({
      expertId: part.expertId, alpha: JSON.parse(part.alpha) as MixPartDto['alpha'], muted: part.muted, solo: part.solo,
    })),
  });
  const save = client.transaction(({ parts, ...mix }: MixDto) => {
    orm.insert(mixes).values(mix).onConflictDoUpdate({ target: mixes.id, set: { name: mix.name, modelId: mix.modelId, form: mix.form, updatedAt: mix.updatedAt, searchId: mix.searchId ?? null } }).run();
    orm.delete(mixParts).where(eq(mixParts.mixId, mix.id)).run();
    parts.forEach((part, position) => orm.insert(mixParts).values({ ...part, mixId: mix.id, position, alpha: JSON.stringify(part.alpha) }).run());
  });
  return {
    list: (modelId) => orm.select().from(mixes).where(modelId === undefined ? undefined : eq(mixes.modelId, modelId)).orderBy(desc(mixes.updatedAt), asc(mixes.id)).all().map(withParts),
    get: (id) => {
      const row = orm.select().from(mixes).where(eq(mixes.id, id)).get();
      return row && withParts(row);
    },
    byName: (modelId, name) => {
      const row = orm.select().from(mixes).where(and(eq(mixes.modelId, modelId), eq(mixes.name, name))).get();
      return row && withParts(row);
    },
    save: (mix) => save.immediate(mix),
    remove: (id) => void orm.delete(mixes).where(eq(mixes.id, id)).run(),
  };
}
