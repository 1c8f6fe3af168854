import { Command } from 'commander';
import { SingularError } from '../../../shared/errors.ts';
import { presets } from '../../../shared/training.ts';
import { trainingConfig } from '../arguments.ts';
import { collect } from '../options.ts';
import { percent, signedPercent } from '../output.ts';
import { CommandSession, type GlobalOptions } from '../session.ts';
import { taskWish, withTask, type TaskOptions } from '../task.ts';

interface TrainOptions extends GlobalOptions, TaskOptions {
  model?: string;
  name: string;
  preset: string;
  config?: string;
  set: string[];
  tag: string[];
}

export function trainCommand(): Command {
  return withTask(new Command('train'))
    .description('trains an expert (or LoRA, DoRA, IA3 to compare with) on a dataset; scores are of rows that nothing was trained on or chosen by. Ctrl-C pauses; the same command goes on')
    .option('--model <id or folder>')
    .requiredOption('--name <name>', 'of the expert')
    .option('--preset <preset>', Object.keys(presets).join(' or '), 'quick')
    .option('--config <file>', 'JSON with any of the settings')
    .option('--set <key=value>', 'one setting, lists as a,b,c; may be repeated: method, objective, modules, layers, klSweep, seeds, …', collect, [])
    .option('--tag <tag>', 'may be repeated', collect, [])
    .action(async (options: TrainOptions, command: Command) =>
      CommandSession.run(command.optsWithGlobals<GlobalOptions>(), async (session) => {
        const config = trainingConfig(options.preset, options.config, options.set);
        const model = await session.model(options.model);
        const wish = await taskWish(session, options);
        const plain = options.config === undefined && options.set.length === 0;
        const started = await session.call('train.start', {
          modelId: model.id,
          ...wish,
          name: options.name,
          preset: plain ? (options.preset === 'paper' ? 'paper' : 'quick') : 'custom',
          config,
          tags: options.tag,
          takeUp: true,
        });
        await followTraining(session, options.name, started);
      }),
    );
}

/** Tells the steps of a training to its end, and what came of it. A Ctrl-C pauses it. */
export async function followTraining(session: CommandSession, name: string, { jobId, runId, takenUp = false }: { jobId: string; runId: string; takenUp?: boolean }): Promise<void> {
  tellSteps(session, runId);
  if (takenUp) session.output.progress({ event: 'taken-up', jobId }, `The training of “${name}” goes on from where it was.`);
  await session.finish(jobId, undefined, 'pause');
  const run = await session.call('runs.get', { id: runId });
  if (run.expertId === undefined) throw new SingularError('internal', `The training of “${name}” ended without an expert.`);
  const expert = await session.call('experts.get', { id: run.expertId });
  const { baseScore, score, gain, test, rowsUsed } = expert;
  const steps = expert.provenance.steps ?? run.steps.length;
  session.output.result(
    { expert: expert.name, expertId: expert.id, baseScore, score, gain, steps, bestStep: run.bestStep, seconds: run.seconds, test, trials: run.trials, cost: run.cost, rowsUsed, command: run.command },
    `${expert.name}: ${percent(baseScore)} → ${percent(score)}${gain ? ` (${signedPercent(gain.mean)}, 95 % ${signedPercent(gain.low)} … ${signedPercent(gain.high)})` : ''} on ${test ? `${test.rows} test rows` : 'validation rows'}, in ${run.trials.length > 1 ? `${run.trials.length} trials of ` : ''}${steps} steps, ${Math.round(run.seconds ?? 0)} s`,
  );
}

const trialOf = ({ trial }: { trial: number }): string => (trial === 0 ? '' : `trial ${trial + 1}, `);

function tellSteps(session: CommandSession, runId: string): void {
  const { services, output } = session;
  services.on('run.step', ({ runId: id, metric }) => {
    if (id !== runId) return;
    output.progress({ event: 'step', ...metric }, `${trialOf(metric)}step ${metric.step}: score ${percent(metric.score)}, KL ${metric.klPolicyBase.toFixed(3)}, |g| ${metric.gradientNorm.toFixed(3)}, ${Math.round(metric.tokensPerSecond)} tokens/s`);
  });
  services.on('run.validation', ({ runId: id, metric }) => {
    if (id === runId) output.progress({ event: 'validation', ...metric }, `${trialOf(metric)}validation at step ${metric.step}: ${percent(metric.score)}${metric.best ? ', the best so far' : ''}`);
  });
}
