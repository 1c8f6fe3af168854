/** A comparison in words and tables (Markdown), from what its runs stored. */
import { isStrategy, isTrained } from '../../../shared/comparison.ts';
import type { ComparisonCellDto, ComparisonSummaryDto } from '../../../shared/contract.ts';
import { presets, type TrainingConfig } from '../../../shared/training.ts';
import type { CellRecord, ComparisonRecord } from '../../db/index.ts';
import { adaptationSections } from './adaptationText.ts';
import { count, duration, fullTable, gainOf, pairsOf, scoresBy } from './tables.ts';

export interface ReportInput {
  comparison: ComparisonRecord;
  cells: readonly CellRecord[];
  table: readonly ComparisonCellDto[];
  summary: readonly ComparisonSummaryDto[];
  /** name of the SVG beside the report */
  figure?: string;
  notes?: string;
}

type MethodConfig = Omit<TrainingConfig, 'seed' | 'seeds'>;
const modulesNames: Record<TrainingConfig['modules'], string> = { 'mlp': 'MLP', 'attention': 'attention', 'both': 'MLP and attention', 'query-value': 'q and v' };
const objectiveNames: Record<TrainingConfig['objective'], string> = { 'policy-gradient': 'policy gradient', 'next-token': 'next token' };
const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;
const methodNames: Record<TrainingConfig['method'], string> = { svf: 'SVF', lora: 'LoRA', dora: 'DoRA', ia3: 'IA3' };

export function reportText(input: ReportInput): string {
  const { comparison, summary, figure, notes } = input;
  const configs = new Map(comparison.plan.methods.filter(isTrained).map((method): [string, MethodConfig] => [method.name, { ...presets[method.preset], ...comparison.plan.set, ...method.set }]));
  const adapts = comparison.plan.methods.some(isStrategy);
  const sections = [
    `# ${comparison.name}`,
    comparison.plan.description,
    whatWasRun(input),
    summary.length === 0 ? '## Results\n\nNothing has finished yet.' : `## Results\n\n${resultsIntroduction(comparison)}`,
    figure === undefined ? '' : `![Gain over the base by method, with 95 % intervals](${encodeURI(figure)})`,
    ...pairsOf(summary).map(({ modelName, task, rows }) => `### ${modelName} · ${task}\n\n${fullTable(rows)}`),
    summary.length === 0 || !adapts ? '' : adaptationSections(input),
    summary.length === 0 || configs.size === 0 ? '' : counterparts(summary, configs),
    summary.length === 0 ? '' : aboveTheBase(summary, configs),
    failures(input),
    notes === undefined || notes.trim() === '' ? '' : notes.trim(),
    `## The plan\n\n\`\`\`json\n${JSON.stringify(comparison.plan, null, 2)}\n\`\`\``,
  ];
  return `${sections.filter((section) => section.trim() !== '').join('\n\n')}\n`;
}

function whatWasRun({ comparison, cells }: ReportInput): string {
  const { plan, machine } = comparison;
  const left = comparison.cells - comparison.done - comparison.failed;
  const unique = (values: readonly string[]): string[] => [...new Set(values)];
  return [
    '## What was run',
    `${plan.models.length} model${plan.models.length === 1 ? '' : 's'} × ${plan.tasks.length} task${plan.tasks.length === 1 ? '' : 's'} × ${plan.methods.length} method${plan.methods.length === 1 ? '' : 's'} × ${plan.seeds.length} seed${plan.seeds.length === 1 ? '' : 's'}: ${comparison.cells} ${plan.methods.some(isStrategy) ? 'cells' : 'trainings'}, `
      + `${comparison.done} finished, ${comparison.failed} failed${left > 0 ? `, ${left} not yet run` : ''}. They took ${duration(comparison.seconds)} together.`,
    [
      `- Models: ${unique(cells.map(({ modelName, weightsHash }) => `${modelName} (weights ${weightsHash.slice(0, 12)})`)).join(', ')}`,
      `- Tasks: ${unique(cells.map(taskText)).join(', ')}`,
      `- Seeds: ${plan.seeds.join(', ')}`,
      ...(plan.experts ? [`- Experts: of the comparison “${plan.experts.comparison}” by “${plan.experts.method}”, those with the same model and seed`] : []),
      `- Started: ${new Date(comparison.createdAt).toISOString().slice(0, 10)}`,
      ...Object.entries(machine).map(([name, value]) => `- ${name}: ${value}`),
      `- Command, with the plan below saved as a file: \`${comparison.command}\``,
    ].join('\n'),
  ].join('\n\n');
}

function taskText({ task, grader, raw, reading }: CellRecord): string {
  const template = reading?.mapping.template;
  const divided = reading?.splits.by === 'shares' ? `, ${percent(reading.splits.validation)} of its rows for validation and ${percent(reading.splits.test)} for the test by seed ${reading.splits.seed}` : '';
  return `${task} (graded by \`${grader}\`${raw ? ', raw prompts' : ''}${template === undefined ? '' : `, asked as ${JSON.stringify(template)}`}${divided})`;
}

const resultsIntroduction = ({ plan }: ComparisonRecord): string =>
  'Scores are shares of right answers on the test rows, in percent; no test prompt was trained on or chosen by. The gain is over the base on the same rows, in percentage points, paired row by row. '
  + `Intervals are 95 %${plan.seeds.length > 1 ? ' over seeds × rows: the mean of the seeds’ own variances (all seeds share the test rows) plus the variance between seeds divided by their number, with Satterthwaite’s degrees of freedom' : ''}. `
  + `Normalised is score ÷ base score. Seconds are of one ${plan.methods.some(isStrategy) ? 'cell, with all that was chosen and made for it' : 'training with its validations and final score, memory is the largest resident set of the engine process'}.`;

function counterparts(summary: readonly ComparisonSummaryDto[], configs: ReadonlyMap<string, MethodConfig>): string {
  const named = (which: (config: MethodConfig) => boolean): string[] => [...configs].filter(([, config]) => which(config)).map(([name]) => name);
  const isWhole = ({ method, objective, modules }: MethodConfig): boolean => method === 'svf' && objective === 'policy-gradient' && modules === 'both';
  const name = (method: string | null): string[] => [method ?? 'base'];
  const first = [null, ...named(({ method }) => method === 'lora'), ...named(isWhole)];
  const fourth = [null, ...named(({ method }) => method === 'svf' || method === 'lora')];
  const seventh = [null, ...named(({ method }) => method !== 'svf'), ...named(isWhole)];
  const describe = (method: string | null): string[] => {
    const config = method === null ? undefined : configs.get(method);
    return config ? [methodNames[config.method], objectiveNames[config.objective], modulesNames[config.modules]] : ['base', '', ''];
  };
  return [
    '## The paper’s tables', 'Of arXiv 2501.06252, with this comparison’s models and tasks. In brackets: score ÷ base score.',
    `### Table 1: SVF against LoRA and the base\n\n${scoresBy(summary, first, name, ['method'])}`,
    `### Table 4: modules × objective × method\n\n${scoresBy(summary, fourth, describe, ['method', 'objective', 'modules'])}`,
    `### Table 7: other ways of tuning few parameters\n\n${scoresBy(summary, seventh, name, ['method'])}`,
  ].join('\n\n');
}

/** Where SVF with policy gradient on both modules beats its base, and with how many parameters against LoRA. */
function aboveTheBase(summary: readonly ComparisonSummaryDto[], configs: ReadonlyMap<string, MethodConfig>): string {
  const whole = [...configs].filter(([, { method, objective, modules }]) => method === 'svf' && objective === 'policy-gradient' && modules === 'both').map(([name]) => name);
  const loras = [...configs].filter(([, { method }]) => method === 'lora').map(([name]) => name);
  const pairs = pairsOf(summary);
  return whole.map((name) => {
    const gains = pairs.flatMap(({ modelName, task, rows }) => {
      const gain = rows.find(({ method }) => method === name)?.gain;
      return gain ? [{ pair: `${modelName} · ${task}`, gain }] : [];
    });
    const above = gains.filter(({ gain }) => gain.low > 0);
    const lines = gains.map(({ pair, gain }) => `- ${pair}: ${gainOf(gain)}, ${gain.low > 0 ? 'above zero' : gain.high < 0 ? '**below zero**' : 'not distinguished from zero'}`);
    const parametersOf = (rows: readonly ComparisonSummaryDto[], method: string): number => rows.find((row) => row.method === method)?.trainableParameters ?? 0;
    const ratios = loras.flatMap((lora) => {
      const shares = pairs.map(({ rows }) => [parametersOf(rows, name), parametersOf(rows, lora)]).filter(([svf, other]) => svf > 0 && other > 0);
      if (shares.length === 0) return [];
      const texts = [...new Set(shares.map(([svf, other]) => `${count(svf)} against ${count(other)} (${((svf / other) * 100).toFixed(1)} %)`))];
      return [`- against ${lora}: ${texts.join('; ')}`];
    });
    return [
      `## ${name} against its base`, `The 95 % interval of its gain lies above zero on ${above.length} of ${gains.length} (model, task) pairs:`, lines.join('\n'),
      ...(ratios.length > 0 ? ['Trainable parameters:', ratios.join('\n')] : []),
    ].join('\n\n');
  }).join('\n\n');
}

function failures({ table: cells }: ReportInput): string {
  const failed = cells.filter(({ state }) => state === 'failed');
  if (failed.length === 0) return '';
  return `## What failed\n\n${failed.map(({ modelName, task, method, seed, error }) => `- ${modelName} · ${task} · ${method} · seed ${seed}: ${error ?? 'no reason was kept'}`).join('\n')}`;
}
