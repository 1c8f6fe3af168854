import { describe, expect, it } from 'vitest';
import { Resource } from './resource.svelte.ts';

describe('a resource', () => {
  it('reads once more, not once each, for requests that come while it reads', async () => {
    let reads = 0;
    const open: (() => void)[] = [];
    const resource = new Resource(0, () => new Promise<number>((resolve) => open.push(() => resolve(++reads))));
    const all = [resource.refresh(), resource.refresh(), resource.refresh()];
    open.shift()?.();
    await new Promise((resolve) => setTimeout(resolve, 0));
    open.shift()?.();
    await Promise.all(all);
    expect(resource.value).toBe(2);
    expect(open).toHaveLength(0);
  });
  it('keeps what it knows when a later read fails, and says that it failed when the first does', async () => {
    let fails = true;
    const resource = new Resource('', async () => {
      if (fails) throw new Error('gone');
      return 'here';
    });
    await resource.refresh();
    expect([resource.status, resource.error?.message]).toEqual(['failed', 'gone']);
    fails = false;
    await resource.refresh();
    fails = true;
    await resource.refresh();
    expect([resource.status, resource.value, resource.error?.message]).toEqual(['ready', 'here', 'gone']);
  });
});
