import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { dispatcherKinds, type DispatcherKind } from '../../../shared/adaptation.ts';
import { samplingSchema, type CallInput, type CallResult, type DispatcherCostDto, type DispatcherDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import { samplingSettings } from '../arguments.ts';
import { collect, defined, numberOption, parsed } from '../options.ts';
import { percent, table } from '../output.ts';
import { CommandSession, type GlobalOptions } from '../session.ts';
import { expertIds } from './adapt.ts';

const kindOption = (): Option => new Option('--kind <kind>', 'how the expert of a question is found').choices(dispatcherKinds);

async function make(session: CommandSession, input: CallInput<'dispatchers.make'>): Promise<DispatcherDto> {
  const { jobId, dispatcherId } = await session.call('dispatchers.make', input);
  await session.finish(jobId, ({ progress }) => {
    if (progress.note) session.output.progress({ event: 'dispatcher', ...progress }, progress.note);
  });
  const made = (await session.call('dispatchers.list', { modelId: input.modelId })).find(({ id }) => id === dispatcherId);
  if (!made) throw new SingularError('internal', 'The dispatcher was made but is not there.');
  return made;
}

const line = ({ kind, modelId, experts, accuracy, firstPassMs, stale }: DispatcherDto): string[] =>
  [kind, modelId, experts.map(({ name }) => name).join(', '), accuracy ? `${percent(accuracy.mean)} (${percent(accuracy.low)} … ${percent(accuracy.high)})` : '', firstPassMs?.toFixed(1) ?? '', stale ? 'stale' : ''];
const header = ['kind', 'model', 'experts', 'accuracy (95 %)', 'first pass, ms', ''];

function tellCost({ output }: CommandSession, cost: DispatcherCostDto): void {
  const { training, validation, heldOut, steps, secondsEstimated } = cost;
  output.result(cost, `${training} questions to learn from, ${validation} to choose by, ${heldOut} to be measured on, at most ${steps} steps${secondsEstimated === undefined ? '' : `, about ${Math.ceil(secondsEstimated)} s`}`);
}

export function dispatcherCommand(): Command {
  const group = new Command('dispatcher').description('ways to find the expert of a question, one of each kind for a model');
  group
    .command('make')
    .option('--model <id or folder>')
    .addOption(kindOption().makeOptionMandatory())
    .option('--experts <a,b,c>', 'all of the model where they are left out')
    .option('--expert <name>', 'one more, whose name may hold a comma; may be repeated', collect, [])
    .option('--others <dataset>', 'a dataset, or a file of one, of which no question is for any expert, in place of the bundled everyday questions; may be repeated', collect, [])
    .option('--seed <n>', '', numberOption('--seed'), 0)
    .option('--cost', 'says what it would take, and makes nothing')
    .description('makes or renews a dispatcher from training rows, and measures it on held-out questions')
    .action(async (options: { model?: string; kind: DispatcherKind; experts?: string; expert: string[]; others: string[]; seed: number; cost?: boolean }, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const model = await session.model(options.model);
        await session.services.ready();
        const ids = await expertIds(session, options);
        const othersIds: string[] = [];
        for (const name of options.others) othersIds.push((await session.dataset(name)).id);
        const wish = { modelId: model.id, kind: options.kind, seed: options.seed, ...(ids.length > 0 && { expertIds: ids }), ...(othersIds.length > 0 && { othersIds }) };
        if (options.cost) return tellCost(session, await session.call('dispatchers.cost', wish));
        const made = await make(session, wish);
        session.output.result(made, [table(header, [line(made)]), ...(made.confusion ? [table(['asked \\ answered', ...made.confusion.labels], made.confusion.counts.map((row, i) => [made.confusion?.labels[i] ?? '', ...row.map(String)]))] : [])].join('\n\n'));
      }),
    );
  group
    .command('list')
    .option('--model <id or folder>')
    .description('the dispatchers of a model')
    .action(async (options: { model?: string }, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const dispatchers = await session.call('dispatchers.list', { modelId: (await session.model(options.model)).id });
        session.output.result({ dispatchers }, dispatchers.length === 0 ? 'No dispatchers yet.' : table(header, dispatchers.map(line)));
      }),
    );
  group
    .command('remove')
    .option('--model <id or folder>')
    .addOption(kindOption().makeOptionMandatory())
    .description('forgets a dispatcher')
    .action(async (options: { model?: string; kind: DispatcherKind }, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const model = await session.model(options.model);
        const known = (await session.call('dispatchers.list', { modelId: model.id })).find(({ kind }) => kind === options.kind);
        if (!known) throw new SingularError('not-found', `${model.name} has no dispatcher by ${options.kind}.`);
        await session.call('dispatchers.remove', { id: known.id });
        session.output.result({ removed: options.kind, id: known.id }, `Removed the dispatcher by ${options.kind} of ${model.name}`);
      }),
    );
  return group;
}

interface AnswerOptions extends GlobalOptions {
  model?: string;
  strategy: string;
  prompt?: string;
  prompts?: string;
  maxTokens?: number;
  temperature?: number;
  set: string[];
  raw?: boolean;
}

type Strategy = CallInput<'adapt.answer'>['strategy'];

export function answerCommand(): Command {
  return new Command('answer')
    .description('two passes: the first finds the expert of each prompt, the second answers all of them as one batch; times are of the whole batch, and the first ones after a start open sessions')
    .option('--model <id or folder>')
    .requiredOption('--strategy <strategy>', `${dispatcherKinds.join(', ')}, mix:NAME or none`)
    .option('--prompt <text>')
    .option('--prompts <file>', 'a prompt a line: text, or JSON with “prompt”; answers carry the line’s index, from 0')
    .option('--max-tokens <n>', 'longest answer', numberOption('--max-tokens'))
    .option('--temperature <t>', '0 is greedy', numberOption('--temperature'))
    .option('--set <key=value>', 'maxTokens, temperature, topP, topK, seed', collect, [])
    .option('--raw', 'no chat template for the answer; the first pass asks in its own')
    .action(async (options: AnswerOptions, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const { maxTokens, temperature, raw = false } = options;
        const prompts = promptsOf(options);
        const sampling = parsed(samplingSchema, { ...samplingSettings(options.set), ...defined({ maxTokens, temperature }) });
        const mix = options.strategy.startsWith('mix:') ? await session.mix(options.strategy.slice(4)) : undefined;
        const model = await session.model(options.model ?? mix?.modelId);
        const strategy = mix ? { mixId: mix.id } : strategyOf(options.strategy);
        await prepared(session, model.id, strategy);
        const answers = await session.call('adapt.answer', { modelId: model.id, prompts, raw, strategy, sampling });
        const results = answers.map((answer, index) => ({ ...(options.prompts !== undefined && { index }), ...resultOf(answer) }));
        const text = answers.map(({ text: said, decision }) => (decision ? `[${decision.expertName} ${percent(decision.confidence)}] ${said}` : said)).join('\n');
        session.output.result(options.prompts === undefined ? results[0] : { answers: results }, text);
      }),
    );
}

const resultOf = ({ text, decision, alphas, firstPassMs, secondPassMs, tokens }: CallResult<'adapt.answer'>[number]): object => ({
  text, ...(decision && { expert: decision.expertName, confidence: decision.confidence, probabilities: decision.probabilities }), ...(alphas && { alphas }), firstPassMs, secondPassMs, tokens,
});

function strategyOf(word: string): Strategy {
  if (word === 'none') return word;
  const kind = dispatcherKinds.find((candidate) => candidate === word);
  if (!kind) throw new SingularError('usage', `--strategy is ${dispatcherKinds.join(', ')}, mix:NAME or none, not “${word}”.`);
  return kind;
}

/** A dispatcher that has to be learned is made on its first use, and again when the library has changed. */
async function prepared(session: CommandSession, modelId: string, strategy: Strategy): Promise<void> {
  if (strategy !== 'classifier' && strategy !== 'embedding') return;
  await session.services.ready();
  const made = (await session.call('dispatchers.list', { modelId })).find(({ kind }) => kind === strategy);
  if (!made || made.stale) await make(session, { modelId, kind: strategy });
}

function promptsOf({ prompt, prompts }: AnswerOptions): string[] {
  if ((prompt === undefined) === (prompts === undefined)) throw new SingularError('usage', 'Name either --prompt TEXT or --prompts FILE.');
  if (prompts === undefined) return [prompt ?? ''];
  let text: string;
  try {
    text = readFileSync(prompts, 'utf8');
  } catch (error) {
    throw new SingularError('bad-input', `${prompts} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
  const lines = text.replace(/(?:\r?\n)+$/, '').split(/\r?\n/);
  if (lines.length === 1 && lines[0].trim() === '') throw new SingularError('bad-input', `${prompts} has no prompt.`);
  return lines.map((row, index) => {
    // left out, it would shift the answers behind it
    if (row.trim() === '') throw new SingularError('bad-input', `${prompts}, line ${index + 1} is empty; every line is a prompt, and {"prompt":""} an empty one.`);
    if (!row.startsWith('{')) return row;
    try {
      const { prompt: asked } = JSON.parse(row) as { prompt?: unknown };
      if (typeof asked === 'string') return asked;
    } catch {
      // said below
    }
    throw new SingularError('bad-input', `${prompts}, line ${index + 1}: begins like JSON but has no text “prompt”.`);
  });
}
