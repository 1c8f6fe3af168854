/** What a report says of strategies: how well questions were dispatched, which experts a search mixed, what passes took, and what more examples or a larger budget gave. */
import type { Alphas } from '../../../shared/adaptation.ts';
import { isStrategy, type Strategy, type StrategyDetail } from '../../../shared/comparison.ts';
import type { ComparisonCellDto, ComparisonSummaryDto, DispatchSummaryDto } from '../../../shared/contract.ts';
import { mean, median } from '../../../shared/statistics.ts';
import type { ComparisonRecord } from '../../db/index.ts';
import { dispatchOf } from './dispatch.ts';
import { count, gainOf, pairsOf, plain, scoreOf, scoresBy, table } from './tables.ts';

interface Input { comparison: ComparisonRecord; table: readonly ComparisonCellDto[]; summary: readonly ComparisonSummaryDto[] }
type Cell = ComparisonCellDto & { detail: StrategyDetail };

const grouped = <T>(items: readonly T[], key: (item: T) => readonly unknown[]): T[][] => [...Map.groupBy(items, (item) => JSON.stringify(key(item))).values()];

export function adaptationSections(input: Input): string {
  const strategies = input.comparison.plan.methods.filter(isStrategy);
  const named = (which: (strategy: Strategy) => boolean): string[] => strategies.filter(({ strategy }) => which(strategy)).map(({ name }) => name);
  const cells = input.table.filter((cell): cell is Cell => cell.state === 'done' && cell.detail !== undefined);
  return [
    '## The strategies', `Of arXiv 2501.06252, with this comparison’s models and tasks. In brackets: score ÷ base score.`,
    `### Table 2: self-adaptation on other tasks\n\n${scoresBy(input.summary, [null, ...strategies.map(({ name }) => name)], (name) => [name ?? 'base'], ['strategy'])}`,
    standing(input.summary, named(({ kind }) => kind === 'search'), named(({ kind }) => kind === 'best-expert' || kind === 'expert')),
    dispatching(input, cells),
    contributions(cells),
    passes(cells),
    spent(input, cells),
  ].filter((section) => section !== '').join('\n\n');
}

/** Each search against the base and the best expert alone, pair by pair: the one that is best on the test rows themselves, where each was scored, and the one that other rows chose. */
function standing(summary: readonly ComparisonSummaryDto[], searches: readonly string[], singles: readonly string[]): string {
  if (searches.length === 0) return '';
  const pairs = pairsOf(summary);
  const lines = searches.map((name) => {
    const stands = pairs.flatMap(({ rows }) => {
      const of = (method: string | null): ComparisonSummaryDto | undefined => rows.find((row) => row.method === method);
      const own = of(name);
      if (!own) return [];
      const least = Math.max(of(null)?.score.mean ?? 0, ...singles.map((single) => of(single)?.score.mean ?? 0));
      return [{ atLeast: own.score.mean >= least, above: (own.gain?.low ?? 0) > 0 }];
    });
    const known = singles.length > 0 ? 'the best single expert and the base' : 'the base';
    return `- ${name}: at or above ${known} on ${stands.filter(({ atLeast }) => atLeast).length} of ${stands.length} (model, task) pairs; above the base with its 95 % interval on ${stands.filter(({ above }) => above).length}`;
  });
  return `### Where the searches stand\n\n${lines.join('\n')}`;
}

/** How often each dispatcher finds the expert, and where it sent the questions of each task. */
function dispatching({ comparison, table: all }: Input, cells: readonly Cell[]): string {
  const of = cells.flatMap(({ detail, ...cell }) => (detail.dispatch ? [{ ...cell, dispatch: detail.dispatch }] : []));
  if (of.length === 0) return '';
  const dispatchers = dispatchOf(all, comparison.plan);
  const unasked = dispatchers.every(({ none }) => none === undefined);
  const title = ({ modelName, method }: Pick<DispatchSummaryDto, 'modelName' | 'method'>): string => `${modelName} · ${method}`;
  const went = grouped(of, ({ modelId, method, task }) => [modelId, method, task]).map((group) => {
    const { labels } = group[0].dispatch.confusion;
    const totals = labels.map((_, i) => group.reduce((sum, { dispatch }) => sum + dispatch.choices[i], 0));
    const all = totals.reduce((a, b) => a + b, 0);
    return [group[0].modelName, group[0].task, group[0].method, totals.map((total, i) => `${labels[i]} ${plain(all === 0 ? 0 : total / all)}`).join(', ')];
  });
  return [
    '### Dispatch',
    `Share of held-out questions of the experts’ own tasks that were sent to their expert${unasked ? '' : ', and of questions that are none of theirs that were left to the base'}, in percent. Every seed is asked the same questions, so the 95 % interval is Wilson’s for so many questions, widened by what the seeds differ; the tables count the answers of all seeds.${unasked ? ' No question that is none of the experts’ was asked: whether a dispatcher abstains where it should is not measured here.' : ''}`,
    table(['model · strategy', 'experts’ questions × seeds', 'right (95 %)', ...(unasked ? [] : ['for none × seeds', 'right (95 %)'])], dispatchers.map(({ own, none, seeds, ...one }) => [
      title(one), `${count(own.questions)} × ${seeds.length}`, scoreOf(own.right), ...(unasked ? [] : none ? [`${count(none.questions)} × ${seeds.length}`, scoreOf(none.right)] : ['–', '–']),
    ])),
    ...dispatchers.map((one) => {
      const { labels, counts } = one.confusion;
      const asked = labels.flatMap((label, at) => (counts[at].some((value) => value > 0) ? [[at === labels.length - 1 ? 'none of these' : label, ...counts[at].map(count)]] : []));
      return `#### ${title(one)}\n\n${table(['asked \\ answered', ...labels], asked)}`;
    }),
    '#### Where the questions of each task went', 'In percent of the test questions; all seeds together.', table(['model', 'task', 'strategy', 'went to'], went, 4),
  ].join('\n\n');
}

const averaged = (alpha: Alphas[number]): number => (typeof alpha === 'number' ? alpha : mean(alpha));

/** α of each expert, mean over seeds (and layers); the counterpart of the paper's figure 7. */
function contributions(cells: readonly Cell[]): string {
  const of = cells.flatMap(({ detail, ...cell }) => (detail.search ? [{ ...cell, experts: detail.experts, search: detail.search }] : []));
  if (of.length === 0) return '';
  const experts = [...new Set(of.flatMap((cell) => cell.experts))];
  const rows = grouped(of, ({ modelId, task, method }) => [modelId, task, method]).map((group) => [
    group[0].modelName, group[0].task, group[0].method,
    ...experts.map((expert) => {
      const alphas = group.flatMap((cell) => {
        const place = cell.experts.indexOf(expert);
        return place < 0 ? [] : [averaged(cell.search.alphas[place])];
      });
      return alphas.length === 0 ? '–' : mean(alphas).toFixed(2).replace('-', '−');
    }),
    group.map(({ search }) => search.chosen).join(', '),
  ]);
  return ['### Contributions of experts', 'α of the mix that was chosen, mean over seeds (and layers, where each has its own), and what was chosen at each seed.', table(['model', 'task', 'search', ...experts, 'chosen'], rows, 3)].join('\n\n');
}

/** The counterpart of the paper's table 3. */
function passes(cells: readonly Cell[]): string {
  const of = cells.flatMap(({ detail: { firstPassMs, secondPassMs }, ...cell }) => (firstPassMs !== undefined && secondPassMs !== undefined ? [{ ...cell, firstPassMs, secondPassMs }] : []));
  if (of.length === 0) return '';
  const rows = grouped(of, ({ modelId, task, method }) => [modelId, task, method]).map((group) => {
    const [first, second] = [median(group.map(({ firstPassMs }) => firstPassMs)), median(group.map(({ secondPassMs }) => secondPassMs))];
    return [group[0].modelName, group[0].task, group[0].method, first.toFixed(1), second.toFixed(1), second > 0 ? plain(first / second) : '–'];
  });
  return ['### First pass against second (table 3)', 'Milliseconds of a single question: medians of each seed, and of those the median; the last column is the first pass in percent of the second.', table(['model', 'task', 'strategy', 'first pass', 'second pass', 'share'], rows, 3)].join('\n\n');
}

/** The counterparts of the paper's tables 8 (examples) and 10 (budget): every search with what it was given and took. */
function spent({ summary }: Input, cells: readonly Cell[]): string {
  const of = cells.flatMap(({ detail, ...cell }) => (detail.search ? [{ ...cell, search: detail.search }] : []));
  if (of.length === 0) return '';
  const rows = grouped(of, ({ modelId, task, method }) => [modelId, task, method])
    .toSorted(([a], [b]) => a.modelName.localeCompare(b.modelName) || a.task.localeCompare(b.task) || a.search.optimiser.localeCompare(b.search.optimiser) || a.search.examples - b.search.examples || a.search.generations - b.search.generations)
    .map((group) => {
      const [{ modelName, task, method, search }] = group;
      const own = summary.find((row) => row.modelName === modelName && row.task === task && row.method === method);
      const took = (value: (budget: typeof search.budget, testRows: number) => number): string => count(Math.round(mean(group.map((cell) => value(cell.search.budget, cell.test?.rows ?? 0)))));
      return [
        modelName, task, method, search.optimiser, String(search.examples), `${took(({ generations }) => generations)} of ${search.generations}`, took(({ answers }, testRows) => answers - 2 * testRows), took(({ seconds }) => seconds),
        own ? scoreOf(own.score) : '–', own?.gain ? gainOf(own.gain) : '–', group.map((cell) => cell.search.stopped).join(', '),
      ];
    });
  return [
    '### Score against examples and budget (tables 8 and 10)', 'What each search was given, what it took (mean over seeds; answers to the examples and to the rows to choose by, seconds with the final score too), and what came of it.',
    table(['model', 'task', 'search', 'optimiser', 'examples', 'generations', 'answers', 'seconds', 'score (95 %)', 'gain (95 %)', 'ended'], rows, 4),
  ].join('\n\n');
}
