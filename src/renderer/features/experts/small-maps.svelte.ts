import { SvelteMap } from 'svelte/reactivity';
import { bridge } from '../../bridge/index.ts';
import type { ZMapDto } from '../../../shared/contract.ts';

const mostKept = 400;
const mostAtOnce = 3;

/**
 * The little pictures of z in the library. Read a few at a time, the latest asked first, so that after a long scroll
 * the rows in view come before those that passed by; the oldest are forgotten.
 */
class SmallMaps {
  readonly #maps = new SvelteMap<string, ZMapDto>();
  readonly #failed = new Set<string>();
  #wanted: string[] = [];
  #underWay = 0;

  get = (id: string): ZMapDto | undefined => this.#maps.get(id);

  want = (id: string): void => {
    if (this.#maps.has(id) || this.#failed.has(id)) return;
    this.#wanted = [...this.#wanted.filter((other) => other !== id), id].slice(-40);
    void this.#next();
  };

  async #next(): Promise<void> {
    if (this.#underWay >= mostAtOnce) return;
    const id = this.#wanted.pop();
    if (id === undefined) return;
    this.#underWay++;
    try {
      const map = await bridge.call('experts.zmap', { id, bins: 32 });
      this.#maps.set(id, map);
      if (this.#maps.size > mostKept) this.#maps.delete([...this.#maps.keys()][0]);
    } catch {
      this.#failed.add(id); // the row stays without its picture; opening the expert says why
    } finally {
      this.#underWay--;
      void this.#next();
    }
  }
}

export const smallMaps = new SmallMaps();
