/**
 * One gradient step in a fresh process: FOLDER ROWS TOKENS RECOMPUTE. Three quarters of each row are its answer. Prints
 * {bytes, seconds, gradient}: the peak of resident memory over what was resident before the step, the time of a second
 * step, and a digest of the gradient. Linux only: the peak is reset through /proc.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { gradientName, objectiveGraph } from '../src/engine/model/graphs.ts';
import { factorisedWeights, scaleName } from '../src/engine/model/weights.ts';
import { scaled } from '../src/engine/runtime/loaded-model.ts';
import { baseHiddenOf, sequenceFeeds } from '../src/engine/runtime/score.ts';
import { floatData, floats, Session } from '../src/engine/runtime/session.ts';
import { exampleZ, Workbench } from './models.ts';

const [folder, rows, tokens, recompute] = process.argv.slice(2);
const threads = 2;
const headParts = recompute === 'true' ? 4 : 1;

function resident(which: 'VmHWM' | 'VmRSS'): number {
  const kilobytes = new RegExp(`${which}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(kilobytes?.[1]) * 1024;
}

const bench = new Workbench();
bench.models.setThreads(threads);
await bench.using(folder, async (model) => {
  const z = exampleZ(model, 0);
  const factors = await model.factorsOf(Object.keys(z));
  const graph = objectiveGraph(model.config, factorisedWeights(model.plain(), factors, 'shared'), { klDirection: 'policy-base', gradient: true, recompute: recompute === 'true', headParts });
  const session = await Session.open(graph, { device: 'cpu', threads, prepack: true });
  const token = (row: number, i: number): number => 3 + ((i * 7 + row * 13) % 1000);
  const sequences = Array.from({ length: Number(rows) }, (_, row) => {
    const ids = Array.from({ length: Number(tokens) }, (_, i) => token(row, i));
    return { prompt: ids.slice(0, ids.length / 4), answer: ids.slice(ids.length / 4) };
  });
  const { feeds, targets, places } = sequenceFeeds(model, sequences, headParts);
  // one short run first, so that what a session sets up once is there before
  const hidden = await baseHiddenOf(model, feeds);
  const step = (of: typeof feeds, answers: typeof targets, count: number): ReturnType<Session['run']> =>
    session.run({
      ...of,
      ...answers,
      ...Object.fromEntries(factors.map((factor) => [scaleName(factor.name), floats(scaled(factor, z[factor.name]), [factor.sigma.length])])),
      baseHidden: floats(hidden.subarray(0, count * model.config.hiddenSize), [count, model.config.hiddenSize]),
      weight: floats(new Float32Array(count).fill(0.1), [count, 1]),
      klWeight: floats(new Float32Array(count).fill(0.02), [count, 1]),
    });
  const short = sequenceFeeds(model, [{ prompt: [5], answer: [7, 11, 5, 7] }], headParts);
  await step(short.feeds, short.targets, short.places);

  writeFileSync('/proc/self/clear_refs', '5'); // the peak starts again at what is resident now
  const before = resident('VmRSS');
  const outputs = await step(feeds, targets, places);
  const bytes = resident('VmHWM') - before;
  const began = performance.now();
  await step(feeds, targets, places);
  const seconds = (performance.now() - began) / 1000;
  const digest = createHash('sha256');
  for (const { name } of factors) digest.update(new Uint8Array(floatData(outputs[gradientName(name)]).buffer));
  process.stdout.write(JSON.stringify({ bytes, seconds, gradient: digest.digest('hex') }));
});
bench.close();
process.exit(0);
