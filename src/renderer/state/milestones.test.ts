import { describe, expect, it } from 'vitest';
import type { JobDto } from '../../shared/contract.ts';
import { milestoneOf } from './milestones.ts';

const job = (done: number, more: Partial<JobDto> = {}): JobDto => ({ id: 'j', kind: 'train', title: 'Train “math”', state: 'running', createdAt: 0, canPause: true, canKeep: true, progress: { done, total: 40, unit: 'steps' }, ...more });

describe('what is announced of a job', () => {
  it('is each quarter once, never every step, and not the last, which is its end', () => {
    const told = Array.from({ length: 40 }, (_, step) => milestoneOf(job(step), job(step + 1))).filter((text) => text !== null);
    expect(told).toEqual(['Train “math”: 25 percent.', 'Train “math”: 50 percent.', 'Train “math”: 75 percent.']);
  });
  it('is a change of state, with the reason where it failed', () => {
    expect(milestoneOf(job(3, { state: 'queued' }), job(3))).toBe('Train “math” started.');
    expect(milestoneOf(job(3), job(3, { state: 'failed', error: { code: 'engine-died', message: 'The engine ended.' } }))).toBe('Train “math” failed. The engine ended.');
  });
  it('is nothing for a job that is merely put in the queue', () => expect(milestoneOf(undefined, job(0, { state: 'queued' }))).toBeNull());
});
