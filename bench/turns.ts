/** Contestants take turns in one run, so that a busy moment of the machine falls on all of them; the best turn counts. */
export interface Contestant<T> {
  name: string;
  turn: () => Promise<T>;
}

/** The least of each measured figure over the turns, after one turn that does not count. */
export async function bestOfTurns<T extends Record<string, number>>(contestants: readonly Contestant<T>[], turns: number): Promise<Map<string, T>> {
  const best = new Map<string, T>();
  for (const { turn } of contestants) await turn();
  for (let i = 0; i < turns; i++) {
    for (const { name, turn } of contestants) {
      const measured = await turn();
      const before = best.get(name);
      best.set(name, before ? leastOf(before, measured) : measured);
    }
  }
  return best;
}

function leastOf<T extends Record<string, number>>(a: T, b: T): T {
  return Object.fromEntries(Object.entries(a).map(([key, value]) => [key, Math.min(value, b[key])])) as T;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
