import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { CallInput } from '../../shared/contract.ts';

const call = vi.hoisted(() => vi.fn());
vi.mock('../bridge/index.ts', () => ({ bridge: { call } }));
const { ExpertList } = await import('./experts.svelte.ts');

const total = 10_000;
const answer = ({ offset = 0, limit = 100 }: CallInput<'experts.list'>) => ({ experts: Array.from({ length: Math.min(limit, total - offset) }, (_, index) => ({ id: `e${offset + index}` })), total, tags: [] });

describe('the library of ten thousand', () => {
  beforeEach(() => {
    call.mockReset().mockImplementation(async (_name: string, input: CallInput<'experts.list'>) => answer(input));
  });

  it('reads only the pages in view, each once', async () => {
    const list = new ExpertList();
    await list.refresh();
    list.need(5230, 5260);
    list.need(5230, 5260);
    list.need(5290, 5310);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(call.mock.calls.map(([, input]) => (input as { offset: number }).offset)).toEqual([0, 5200, 5300]);
    expect(list.at(5250)?.id).toBe('e5250');
    expect(list.at(9000)).toBeUndefined();
  });
  it('never asks beyond the end', async () => {
    const list = new ExpertList();
    await list.refresh();
    list.need(9990, 10_200);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(call).toHaveBeenCalledTimes(2);
  });
  it('does not let a slow answer of an earlier filter replace a later one', async () => {
    const list = new ExpertList();
    let release = (): void => {};
    call.mockImplementationOnce(() => new Promise((resolve) => (release = () => resolve({ experts: [{ id: 'old' }], total: 1, tags: [] }))));
    const slow = list.setFilter({ search: 'a' });
    await list.setFilter({ search: 'ab' });
    release();
    await slow;
    expect(list.total).toBe(total);
    expect(list.at(0)?.id).toBe('e0');
  });
  it('keeps its rows when a page fails, and asks again when it comes into view again', async () => {
    const list = new ExpertList();
    await list.refresh();
    call.mockRejectedValueOnce(new Error('busy'));
    list.need(200, 210);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect([list.status, list.error?.message, list.at(0)?.id]).toEqual(['ready', 'busy', 'e0']);
    list.need(200, 210);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(list.at(205)?.id).toBe('e205');
  });
});
