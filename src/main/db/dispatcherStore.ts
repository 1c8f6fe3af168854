import { deserialize, serialize } from 'node:v8';
import { and, asc, eq } from 'drizzle-orm';
import type { DispatcherKind, DispatcherState } from '../../shared/adaptation.ts';
import type { DispatcherDto } from '../../shared/contract.ts';
import { dispatchers } from './adaptationSchema.ts';
import type { Connection } from './open.ts';

export interface NamedExpert { id: string; name: string }
export interface DispatcherRecord {
  id: string; kind: DispatcherKind; modelId: string; weightsHash: string;
  /** in the order of its decisions */
  experts: NamedExpert[];
  /** the model's whole library when it was made */
  library: NamedExpert[];
  createdAt: number; jobId: string; state: DispatcherState;
  measured: Pick<DispatcherDto, 'accuracy' | 'confusion' | 'firstPassMs' | 'seconds'>;
}

export interface DispatcherStore {
  list(modelId: string): DispatcherRecord[];
  get(id: string): DispatcherRecord | undefined;
  ofKind(modelId: string, kind: DispatcherKind): DispatcherRecord | undefined;
  /** in the place of the model's former one of that kind */
  put(dispatcher: DispatcherRecord): void;
  remove(id: string): void;
}

export function createDispatcherStore({ orm, client }: Connection): DispatcherStore {
  const toRecord = (row: typeof dispatchers.$inferSelect): DispatcherRecord => ({
    ...row, kind: row.kind as DispatcherKind, experts: JSON.parse(row.experts) as NamedExpert[], library: JSON.parse(row.library) as NamedExpert[],
    state: deserialize(row.state) as DispatcherState, measured: JSON.parse(row.measured) as DispatcherRecord['measured'],
  });
  const one = (row: typeof dispatchers.$inferSelect | undefined): DispatcherRecord | undefined => row && toRecord(row);
  const ofKind = (modelId: string, kind: DispatcherKind) => and(eq(dispatchers.modelId, modelId), eq(dispatchers.kind, kind));
  return {
    list: (modelId) => orm.select().from(dispatchers).where(eq(dispatchers.modelId, modelId)).orderBy(asc(dispatchers.kind)).all().map(toRecord),
    get: (id) => one(orm.select().from(dispatchers).where(eq(dispatchers.id, id)).get()),
    ofKind: (modelId, kind) => one(orm.select().from(dispatchers).where(ofKind(modelId, kind)).get()),
    put: (dispatcher) => client.transaction(() => {
      orm.delete(dispatchers).where(ofKind(dispatcher.modelId, dispatcher.kind)).run();
      orm.insert(dispatchers).values({
        ...dispatcher, experts: JSON.stringify(dispatcher.experts), library: JSON.stringify(dispatcher.library), state: serialize(dispatcher.state), measured: JSON.stringify(dispatcher.measured),
      }).run();
    }).immediate(),
    remove: (id) => void orm.delete(dispatchers).where(eq(dispatchers.id, id)).run(),
  };
}
