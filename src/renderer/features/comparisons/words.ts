import type { CellState, JobState } from '../../../shared/contract.ts';

export const stateWords: Record<JobState, string> = { queued: 'waiting', running: 'running', paused: 'paused', succeeded: 'finished', failed: 'failed', cancelled: 'cancelled', interrupted: 'interrupted' };
export const stateTones: Record<JobState, 'neutral' | 'good' | 'bad' | 'accent'> = { queued: 'neutral', running: 'accent', paused: 'neutral', succeeded: 'good', failed: 'bad', cancelled: 'neutral', interrupted: 'bad' };
export const cellWords: Record<CellState, string> = { waiting: 'waiting', running: 'running', done: 'done', failed: 'failed' };
