import { bridge } from '../bridge/index.ts';
import type { TaskDto } from '../../shared/task.ts';
import { Resource } from './resource.svelte.ts';

/** Stored tasks, by name. */
class TasksState extends Resource<TaskDto[]> {
  constructor() {
    super([], () => bridge.call('tasks.list', {}));
  }

  byId = (id: string | undefined): TaskDto | undefined => this.value.find((task) => task.id === id);
  ofDataset = (datasetId: string): TaskDto[] => this.value.filter((task) => task.datasetId === datasetId);
}

export const tasks = new TasksState();
