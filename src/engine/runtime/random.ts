/** xoshiro128** (Blackman and Vigna, 2018), seeded by splitmix32. Its whole state is four numbers, so a checkpoint holds it. */
export type RandomState = [number, number, number, number];

/** splitmix32: 32 bits at every call, which spread a seed over the state of a better generator. */
export function splitmix32(seed: number): () => number {
  let x = seed | 0;
  return () => {
    x = (x + 0x9e3779b9) | 0;
    let t = x ^ (x >>> 16);
    t = Math.imul(t, 0x21f0aaad);
    t ^= t >>> 15;
    t = Math.imul(t, 0x735a2d97);
    return (t ^ (t >>> 15)) >>> 0;
  };
}

export class Random {
  private state: RandomState;

  /** `stream` separates generators of one seed: rows, validation, shuffling. */
  constructor(seed: number, stream = 0) {
    const split = splitmix32(Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul(stream | 0, 0x85ebca6b) ^ Math.floor(seed / 2 ** 32));
    this.state = [split(), split(), split(), split() | 1];
  }

  static restore(state: RandomState): Random {
    const random = new Random(0);
    random.state = [...state];
    return random;
  }

  save(): RandomState {
    return [...this.state];
  }

  /** 32 bits */
  bits(): number {
    const s = this.state;
    const rotated = Math.imul(s[1], 5);
    const result = Math.imul((rotated << 7) | (rotated >>> 25), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result;
  }

  /** In [0, 1), with 24 bits: exact in single precision. */
  uniform(): number {
    return (this.bits() >>> 8) / 2 ** 24;
  }

  /** In 0 … count − 1 */
  below(count: number): number {
    return Math.floor(((this.bits() >>> 5) * 0x4000000 + (this.bits() >>> 6)) / 2 ** 53 * count);
  }

  /** Box–Muller */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Fisher–Yates, in place */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [items[i], items[j]] = [items[j], items[i]];
    }
    return items;
  }
}
