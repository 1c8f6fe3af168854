/**
 * The recipe's draws: the engine's generator with a seeding and a resolution of its own. Both stay as they are, to
 * the bit: with another stream the recipe would make other models and rows than those that lie here.
 */
import { Random as Generator, splitmix32 } from '../../src/engine/runtime/random.ts';

export interface Random {
  /** uniform in [0, 1), 32 bits of resolution */
  next(): number;
  /** integer in [low, high], both ends included */
  integer(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** `count` different items, in random order */
  sample<T>(items: readonly T[], count: number): T[];
  shuffle<T>(items: readonly T[]): T[];
  /** standard normal (Box–Muller) */
  normal(): number;
}

/** FNV-1a, 32 bits: spreads a label or a text over the integers. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  // a final avalanche, because FNV's low bits alone are weak
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  return hash >>> 0;
}

/** Streams with different labels are independent, so that adding one never shifts another. */
export function createRandom(seed: number, label = ''): Random {
  const split = splitmix32(seed ^ hashText(label));
  const generator = Generator.restore([split(), split(), split(), split()]);
  const next = (): number => generator.bits() / 2 ** 32;
  const integer = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  const shuffle = <T>(items: readonly T[]): T[] => {
    const copy = [...items];
    for (let i = copy.length - 1; i > 0; i--) {
      const j = integer(0, i);
      [copy[i], copy[j]] = [copy[j], copy[i]];
    }
    return copy;
  };
  return {
    next,
    integer,
    shuffle,
    chance: (probability) => next() < probability,
    pick: (items) => {
      if (items.length === 0) throw new RangeError('pick needs at least one item');
      return items[integer(0, items.length - 1)];
    },
    sample: (items, count) => shuffle(items).slice(0, count),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}
