import { Command } from 'commander';
import { SingularError } from '../../../shared/errors.ts';
import { presets } from '../../../shared/training.ts';
import { trainingConfig } from '../arguments.ts';
import { percent, signedPercent } from '../output.ts';
import { CommandSession, type GlobalOptions } from '../session.ts';
import { collect } from './answers.ts';

interface TrainOptions extends GlobalOptions {
  model?: string;
  data: string;
  grader: string;
  name: string;
  preset: string;
  config?: string;
  set: string[];
  tag: string[];
  raw?: boolean;
}

export function trainCommand(): Command {
  return new Command('train')
    .description('trains an expert on a dataset')
    .option('--model <id or folder>')
    .requiredOption('--data <file>', 'a dataset file, or the name of a stored dataset')
    .requiredOption('--grader <grader>', 'contains:TEXT, exact, number, choice, python or expression:JAVASCRIPT')
    .requiredOption('--name <name>', 'of the expert')
    .option('--preset <preset>', Object.keys(presets).join(' or '), 'quick')
    .option('--config <file>', 'JSON with any of the settings')
    .option('--set <key=value>', 'one setting; may be repeated', collect, [])
    .option('--tag <tag>', 'may be repeated', collect, [])
    .option('--raw', 'no chat template')
    .action(async (options: TrainOptions, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const config = trainingConfig(options.preset, options.config, options.set);
        const model = await session.model(options.model);
        const dataset = await session.dataset(options.data);
        const plain = options.config === undefined && options.set.length === 0;
        const { jobId, runId } = await session.call('train.start', {
          modelId: model.id,
          raw: options.raw ?? false,
          datasetId: dataset.id,
          grader: options.grader,
          name: options.name,
          preset: plain ? (options.preset === 'paper' ? 'paper' : 'quick') : 'custom',
          config,
          tags: options.tag,
        });
        tellSteps(session, runId);
        await session.finish(jobId);
        const run = await session.call('runs.get', { id: runId });
        if (run.expertId === undefined) throw new SingularError('internal', `The training of “${options.name}” ended without an expert.`);
        const expert = await session.call('experts.get', { id: run.expertId });
        const { baseScore, score, gain } = expert;
        session.output.result(
          { expert: expert.name, expertId: expert.id, baseScore, score, gain, steps: run.steps.length, bestStep: run.bestStep, seconds: run.seconds },
          `${expert.name}: ${percent(baseScore)} → ${percent(score)}${gain ? ` (${signedPercent(gain.mean)}, 95 % ${signedPercent(gain.low)} … ${signedPercent(gain.high)})` : ''} in ${run.steps.length} steps, ${Math.round(run.seconds ?? 0)} s`,
        );
      }),
    );
}

function tellSteps(session: CommandSession, runId: string): void {
  const { services, output } = session;
  services.on('run.step', ({ runId: id, metric }) => {
    if (id !== runId) return;
    output.progress({ event: 'step', ...metric }, `step ${metric.step}: score ${percent(metric.score)}, KL ${metric.klPolicyBase.toFixed(3)}, |g| ${metric.gradientNorm.toFixed(3)}, ${Math.round(metric.tokensPerSecond)} tokens/s`);
  });
  services.on('run.validation', ({ runId: id, metric }) => {
    if (id === runId) output.progress({ event: 'validation', ...metric }, `validation at step ${metric.step}: ${percent(metric.score)}${metric.best ? ', the best so far' : ''}`);
  });
}
