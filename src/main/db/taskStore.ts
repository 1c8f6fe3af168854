import { asc, eq } from 'drizzle-orm';
import type { TaskDto, TaskReading } from '../../shared/task.ts';
import type { Connection } from './open.ts';
import { datasets, tasks } from './schema.ts';

export type StoredTask = Omit<TaskDto, 'datasetName' | 'rows'>;

export interface TaskStore {
  /** by name */
  list(): TaskDto[];
  get(id: string): TaskDto | undefined;
  byName(name: string): TaskDto | undefined;
  ofDataset(datasetId: string): TaskDto[];
  /** inserts, or replaces the task of that id */
  save(task: StoredTask): void;
  /** the name, or the first of “name 2”, “name 3”, … that no task has */
  freeName(name: string): string;
  /** tasks of one dataset become tasks of another that has taken its place */
  move(from: string, to: string): void;
  remove(id: string): void;
}

export function createTaskStore({ orm }: Connection): TaskStore {
  const select = () => orm.select({ task: tasks, datasetName: datasets.name, rows: datasets.rows }).from(tasks).innerJoin(datasets, eq(datasets.id, tasks.datasetId));
  const toDto = ({ task: { reading, ...task }, datasetName, rows }: { task: typeof tasks.$inferSelect; datasetName: string; rows: number }): TaskDto =>
    ({ ...task, source: task.source as TaskDto['source'], ...JSON.parse(reading) as TaskReading, datasetName, rows });
  const one = (row: Parameters<typeof toDto>[0] | undefined): TaskDto | undefined => row && toDto(row);
  const byName = (name: string): TaskDto | undefined => one(select().where(eq(tasks.name, name)).get());
  return {
    list: () => select().orderBy(asc(tasks.name)).all().map(toDto),
    get: (id) => one(select().where(eq(tasks.id, id)).get()),
    byName,
    ofDataset: (datasetId) => select().where(eq(tasks.datasetId, datasetId)).orderBy(asc(tasks.name)).all().map(toDto),
    save: ({ mapping, splits, ...task }) => {
      const values = { ...task, reading: JSON.stringify({ mapping, splits }) };
      orm.insert(tasks).values(values).onConflictDoUpdate({ target: tasks.id, set: values }).run();
    },
    freeName: (name) => {
      for (let copy = 1; ; copy++) {
        const free = copy === 1 ? name : `${name} ${copy}`;
        if (!byName(free)) return free;
      }
    },
    move: (from, to) => void orm.update(tasks).set({ datasetId: to }).where(eq(tasks.datasetId, from)).run(),
    remove: (id) => void orm.delete(tasks).where(eq(tasks.id, id)).run(),
  };
}
