import { Command } from 'commander';
import { z } from 'zod';
import { samplingSchema, type Interval } from '../../../shared/contract.ts';
import { samplingSettings } from '../arguments.ts';
import { mixWish, withMix, type MixOptions } from '../mix.ts';
import { collect, defined, numberOption, parsed, readJson } from '../options.ts';
import { CommandSession, type GlobalOptions } from '../session.ts';
import { taskWish, withTask, type TaskOptions } from '../task.ts';

interface GenerateOptions extends GlobalOptions, MixOptions {
  model?: string;
  prompt: string;
  maxTokens?: number;
  temperature?: number;
  topP?: number;
  topK?: number;
  seed?: number;
  stop: string[];
  set: string[];
  raw?: boolean;
}

export function generateCommand(): Command {
  return withMix(new Command('generate'))
    .description('answers a prompt with the base model or a mix')
    .option('--model <id or folder>')
    .requiredOption('--prompt <text>')
    .option('--max-tokens <n>', 'longest answer', numberOption('--max-tokens'))
    .option('--temperature <t>', '0 is greedy', numberOption('--temperature'))
    .option('--top-p <p>', 'nucleus sampling', numberOption('--top-p'))
    .option('--top-k <k>', '0 keeps all', numberOption('--top-k'))
    .option('--seed <n>', '', numberOption('--seed'))
    .option('--stop <text>', 'ends the answer before this text; may be repeated', collect, [])
    .option('--set <key=value>', 'the same settings by name', collect, [])
    .option('--raw', 'no chat template; an empty prompt starts from the BOS token')
    .action(async (options: GenerateOptions, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const { maxTokens, temperature, topP, topK, seed, stop, raw = false } = options;
        const sampling = parsed(samplingSchema, { ...samplingSettings(options.set), ...defined({ maxTokens, temperature, topP, topK, seed }), stop });
        const model = await session.model(options.model);
        const mixed = session.services.mixed(await mixWish(session, options), model.id);
        const request = session.services.engine.request(
          'generate',
          {
            model: session.services.catalog.place(model),
            rows: [{ prompt: raw ? options.prompt : [{ role: 'user', content: options.prompt }], raw, seed: sampling.seed, ...(mixed && { z: mixed }) }],
            sampling,
          },
          ({ tokens }) => session.output.stream(tokens.map(({ text }) => text).join('')),
        );
        const cancel = (): void => request.cancel();
        process.once('SIGINT', cancel);
        const { rows: [row], tokensPerSecond, device } = await request.result;
        process.off('SIGINT', cancel);
        const { text, ids, promptTokens, stopReason } = row;
        session.output.result({ text, ids, promptTokens, tokensPerSecond, stopReason, device }, '');
      }),
    );
}

interface EvaluateOptions extends GlobalOptions, TaskOptions, MixOptions {
  model?: string;
  adapter?: string;
  samples: number;
  temperature?: number;
  limit?: number;
  withBase?: true;
  name?: string;
  set: string[];
}

export function evaluateCommand(): Command {
  return withMix(withTask(new Command('evaluate')))
    .description('the share of right answers over rows × samples, with its 95 % interval; of a dataset with test rows, on those')
    .option('--model <id or folder>')
    .option('--adapter <name>', 'a LoRA, DoRA or IA3 adapter instead of a mix')
    .option('--with-base', 'answer the same rows as the base too, and say the paired gain')
    .option('--name <name>', 'of its run')
    .option('--samples <k>', 'answers to each row', numberOption('--samples'), 1)
    .option('--temperature <t>', '0 is greedy', numberOption('--temperature'))
    .option('--limit <n>', 'the first n rows only', numberOption('--limit'))
    .option('--set <key=value>', 'maxTokens, topP, topK, seed', collect, [])
    .action(async (options: EvaluateOptions, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const sampling = parsed(samplingSchema, { ...samplingSettings(options.set), ...defined({ temperature: options.temperature }) });
        const model = await session.model(options.model);
        const wish = await taskWish(session, options);
        const { jobId, runId } = await session.call('evaluate.start', {
          modelId: model.id,
          ...wish,
          ...(await mixWish(session, options)),
          samples: options.samples,
          sampling,
          ...defined({ limit: options.limit, withBase: options.withBase, name: options.name, adapterId: options.adapter === undefined ? undefined : (await session.expert(options.adapter)).id }),
        });
        await session.finish(jobId, ({ progress }) => {
          if (progress.done > 0) session.output.progress({ event: 'evaluate', ...progress }, `${progress.done} of ${progress.total} answers`);
        });
        const { validations, test } = await session.call('runs.get', { id: runId });
        const { score, interval, rows } = validations[validations.length - 1];
        const within = ({ mean, low, high }: Interval): string => `${(mean * 100).toFixed(1)} (95 % ${(low * 100).toFixed(1)} … ${(high * 100).toFixed(1)})`;
        session.output.result(
          { score, rows, ci95: [interval.low, interval.high], ...(test && { base: test.base.mean, gain: test.gain.mean, gainCi95: [test.gain.low, test.gain.high] }) },
          `${(score * 100).toFixed(1)} % of ${rows} rows (95 % ${(interval.low * 100).toFixed(1)} … ${(interval.high * 100).toFixed(1)})${test ? `; the base ${within(test.base)}; gain in points ${within(test.gain)}` : ''}`,
        );
      }),
    );
}

const objectiveSchema = z.strictObject({
  ids: z.array(z.int().min(0)).min(2),
  promptTokens: z.int().min(1),
  reward: z.number().default(1),
  klCoefficient: z.number().default(0),
  z: z.record(z.string(), z.array(z.number())).default({}),
  gradient: z.boolean().default(false),
});

export function objectiveCommand(): Command {
  return new Command('objective')
    .description('the training objective of given tokens, its parts and its gradient with respect to z')
    .option('--model <id or folder>')
    .requiredOption('--request <file>', 'JSON: ids, promptTokens, reward, klCoefficient, z by matrix name, gradient')
    .action(async (options: { model?: string; request: string }, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const model = await session.model(options.model);
        const request = parsed(objectiveSchema, readJson(options.request), options.request);
        const result = await session.services.engine.call('objective', { model: session.services.catalog.place(model), request });
        const { logLikelihood, klPolicyBase, klBasePolicy, objective } = result;
        session.output.result(result, `objective ${objective}\nlog-likelihood ${logLikelihood}\nKL(policy ‖ base) ${klPolicyBase}\nKL(base ‖ policy) ${klBasePolicy}`);
      }),
    );
}
