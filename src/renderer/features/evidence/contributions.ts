/** α of the experts in the mixes that were found: a table for each comparison and search method, and one of own searches. */
import { mean } from '../../../shared/statistics.ts';
import { repeated, type FoundMix } from './found.ts';

/** Rows of one table; columns are experts by name, null where a search did not have one. */
export interface Contributions {
  key: string;
  /** null: people's own searches */
  comparison: { id: string; name: string } | null;
  method: string | null;
  experts: string[];
  rows: { label: string; note: string; values: (number | null)[]; mixes: FoundMix[] }[];
  seeds: number[];
  /** whether an α is the mean of those of all layers: in every row, in some, in none */
  overLayers: 'all' | 'some' | 'none';
}

const alphaOf = (alpha: number | readonly number[]): number => (typeof alpha === 'number' ? alpha : mean(alpha));

function tableOf(key: string, mixes: readonly FoundMix[]): Contributions {
  const [{ comparison, name }] = mixes;
  const experts = [...new Set(mixes.flatMap((mix) => mix.experts))];
  const groups = repeated(mixes);
  const layered = groups.filter(({ mixes: [first] }) => first.settings.perLayer).length;
  return {
    key, comparison: comparison ?? null, method: comparison ? name : null, experts, seeds: [...new Set(groups.flatMap(({ seeds }) => seeds))].sort((a, b) => a - b),
    overLayers: layered === 0 ? 'none' : layered === groups.length ? 'all' : 'some',
    rows: groups.map(({ mixes: own, seeds }) => ({
      label: comparison ? own[0].task : own.at(-1)?.name ?? '', mixes: own,
      note: comparison ? '' : [own[0].task, ...(own[0].settings.perLayer ? ['mean over layers'] : []), ...(seeds.length > 1 ? [`${seeds.length} seeds`] : [])].join(', '),
      values: experts.map((expert) => {
        const alphas = own.flatMap((mix) => {
          const at = mix.experts.indexOf(expert);
          return at < 0 ? [] : [alphaOf(mix.alphas[at])];
        });
        return alphas.length === 0 ? null : mean(alphas);
      }),
    })),
  };
}

/** Of one model's mixes. Comparisons first, their methods in the plan's order; own searches last, the newest first. */
export function contributionsOf(mixes: readonly FoundMix[]): Contributions[] {
  const own = mixes.filter(({ comparison }) => !comparison).toSorted((a, b) => b.createdAt - a.createdAt);
  const compared = Map.groupBy(mixes.filter(({ comparison }) => comparison), ({ comparison, name }) => JSON.stringify([comparison?.id, name]));
  return [...[...compared].map(([key, of]) => tableOf(key, of)), ...(own.length > 0 ? [tableOf('own', own)] : [])];
}
