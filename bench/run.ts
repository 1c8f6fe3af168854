/**
 * `npm run bench -- [--peers] [--turns N] [decode] [training] [memory] [search] [first-pass] [svd] [window]`: measures the chosen sections (all of
 * them by default) and writes bench/RESULTS.md. `--peers` installs node-llama-cpp to compare with. Python peers run
 * where `python3` (or SINGULAR_PYTHON) has numpy and torch.
 */
import { loadavg } from 'node:os';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchDecode, type DecodeFigures } from './decode.ts';
import { benchFirstPass } from './first-pass.ts';
import { root, Workbench } from './models.ts';
import { installPeers, llamaVersion, pythonVersion } from './peers.ts';
import { benchGradientMemory } from './memory.ts';
import { circumstances, count, machine, merged, missing, ratio, table } from './report.ts';
import { benchSearch } from './search.ts';
import { benchSvd } from './svd.ts';
import { benchTraining } from './training.ts';
import { benchMemory, benchStart } from './window.ts';

const sections = { decode: 'Decoding', training: 'A training step', memory: 'Memory of a gradient step', search: 'A generation of a search', 'first-pass': 'First pass against second', svd: 'Singular value decomposition', window: 'Start and memory' } as const;
type Section = keyof typeof sections;
const isSection = (name: string): name is Section => name in sections;

const usage = `npm run bench -- [--peers] [--turns N] [${Object.keys(sections).join('] [')}]`;

function options(): { peers: boolean; turns: number; positionals: string[] } {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { peers: { type: 'boolean', default: false }, turns: { type: 'string', default: '3' }, help: { type: 'boolean', short: 'h', default: false } } });
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    process.exit(0);
  }
  const unknown = positionals.find((name) => !isSection(name));
  if (unknown !== undefined) throw new Error(`There is no section ${unknown}`);
  if (!/^[1-9]\d*$/.test(values.turns)) throw new Error(`--turns takes a whole number from 1, not “${values.turns}”`);
  return { peers: values.peers, turns: Number(values.turns), positionals };
}

/** What was asked for; anything else ends here with one sentence. */
function asked(): ReturnType<typeof options> {
  try {
    return options();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message.split('. ', 1)[0] : String(error)}: ${usage}\n`);
    process.exit(2);
  }
}

const { peers, turns, positionals } = asked();
const chosen = positionals.length > 0 ? positionals.filter(isSection) : (Object.keys(sections) as Section[]);
if (peers) installPeers();

const notMeasured = '–';
const bench = new Workbench();
const measure: Record<Section, () => Promise<string>> = { decode, training, memory, search, 'first-pass': firstPass, svd, window };
const parts = new Map<string, string>();
const path = join(root, 'bench/RESULTS.md');
try {
  parts.set('Machine', machine({ 'node-llama-cpp': llamaVersion(), NumPy: pythonVersion('numpy'), PyTorch: pythonVersion('torch') }));
  for (const section of chosen) {
    const head = circumstances(`npm run bench -- --turns ${turns} ${section}`);
    process.stderr.write(`${sections[section]} (load ${loadavg()[0].toFixed(1)}) …\n`);
    const body = await measure[section]();
    parts.set(sections[section], `${head}\n\n${body}`);
    process.stdout.write(`\n## ${sections[section]}\n\n${body}\n`);
    // what is measured is kept, also where a later section fails
    writeFileSync(path, merged(path, parts, ['Machine', ...Object.values(sections)]));
  }
} finally {
  bench.close();
}
process.exit(0);

async function decode(): Promise<string> {
  const { decode: decoded, prefill, sameTokens, slider } = await benchDecode(bench, turns);
  const own = ['own weights', 'merged', 'factorised', 'z per row'];
  const cell = (value: number | undefined): string => (value === undefined ? missing : count(value));
  const times = (a: number | undefined, b: number | undefined): string => (a === undefined || b === undefined ? missing : ratio(a / b));
  const rate = ({ tokensPerSecond }: DecodeFigures, name: string): number | undefined => tokensPerSecond.get(name);
  const decodeTable = table(
    ['rows', ...own, 'naive cache', 'llama.cpp', 'own ÷ naive', 'own ÷ llama.cpp', 'per row ÷ shared z'],
    decoded.map((figures) => [
      String(figures.rows), ...own.map((name) => cell(rate(figures, name))), cell(rate(figures, 'naive')), cell(rate(figures, 'llama.cpp')),
      times(rate(figures, 'own weights'), rate(figures, 'naive')), times(rate(figures, 'own weights'), rate(figures, 'llama.cpp')), times(rate(figures, 'z per row'), rate(figures, 'factorised')),
    ]),
  );
  const prefillTable = table(
    ['rows', ...own, 'llama.cpp', 'own ÷ llama.cpp'],
    prefill.map((figures) => [String(figures.rows), ...own.map((name) => cell(rate(figures, name))), cell(rate(figures, 'llama.cpp')), times(rate(figures, 'own weights'), rate(figures, 'llama.cpp'))]),
  );
  const agreement = [...sameTokens].map(([name, same]) => `${name} ${same ? 'chose the same tokens as the model’s own weights here' : '**chose other tokens**'}`).join('; ');
  return [
    'Tokens a second on `native-models/tiny-llama` in fp32, two threads, greedy: 96 tokens after a prompt of 16, counted from each row’s first token on.',
    '*Own weights*: the checkpoint’s. *Merged*: weights formed from an expert once. *Factorised*: one z for all rows, as an input. *z per row*: another z in every row.',
    `*Naive cache*: keys and values through the graph whole, repeated for their queries (\`bench/naive.ts\`). *llama.cpp*: node-llama-cpp on the same weights as GGUF fp32 (\`bench/gguf.ts\`), the better of one and two threads, as many tokens. Greedy tokens: ${agreement}.`,
    decodeTable,
    '### Prefill\n\nPrompt tokens a second, prompts of 64 tokens, until every row has its first token.',
    prefillTable,
    `### A fader moves\n\nA question of one token to the base and the mix: ${slider.unchangedMs.toFixed(1)} ms with the fader at rest, ${slider.changedMs.toFixed(1)} ms after a move (medians of 60, alternating): a move costs ${(slider.changedMs - slider.unchangedMs).toFixed(1)} ms.`,
  ].join('\n\n');
}


async function search(): Promise<string> {
  const figures = await benchSearch(bench, turns);
  const headings = figures.flatMap(({ ending, answerTokens }) => [`${count(answerTokens)} tokens${ending ? ', as answers end' : ''}`, '÷ one batch']);
  const cells = (way: string): string[] => figures.flatMap(({ seconds }) => [`${(seconds.get(way) ?? NaN).toFixed(2)} s`, way === 'one batch' ? '' : ratio((seconds.get(way) ?? NaN) / (seconds.get('one batch') ?? NaN))]);
  const alike = figures.map((figure) => figure.alike).filter((share) => share !== null);
  return [
    'Seconds of one generation of a search over α on tiny-llama: 32 candidates × 10 examples of `math-hard`, greedy: × 48 tokens, where no token ends an answer, and up to 48, where the model’s own does. *One batch*: all of them at once, a z in every row. *One by one*: candidate after candidate, its weights formed anew and its ten examples as a batch, by this engine and by PyTorch (`bench/peers/search.py`; a batch takes as long as its longest answer); *an example at a time*, as the published training loop works, is timed on two candidates and multiplied.',
    table(['way', ...headings], [...(figures[0]?.seconds.keys() ?? [])].map((way) => [way, ...cells(way)])),
    alike.length === 0 ? '' : `PyTorch gives ${alike.map((share) => `${(share * 100).toFixed(1)} %`).join(' and ')} of the answers alike, token for token.`,
  ].filter((part) => part !== '').join('\n\n');
}

async function firstPass(): Promise<string> {
  const figures = await benchFirstPass(bench, turns);
  return [
    `Milliseconds of one question on two threads, one at a time as the desk asks: deciding which of three experts it is for, and answering it with the expert of \`math\` (trained here with the quick preset, greedy, up to 48 tokens). Medians over 120 test questions${turns > 1 ? ` × ${turns}` : ''}, the dispatchers in turns; a question’s tokens are counted in both. *Right*: decided for \`math\`; the untrained prompt is at chance.`,
    table(
      ['model', 'task', 'by', 'first pass', 'second pass', 'first ÷ second', 'answer tokens', 'right'],
      figures.map(({ model, task, kind, firstMs, secondMs, answerTokens, right }) => [model, task, kind, `${firstMs.toFixed(2)} ms`, `${secondMs.toFixed(2)} ms`, `${(100 * firstMs / secondMs).toFixed(1)} %`, count(answerTokens), `${(100 * right).toFixed(1)} %`]),
    ),
  ].join('\n\n');
}

async function training(): Promise<string> {
  const figures = await benchTraining(bench, turns);
  const seconds = (value: number | undefined): string => (value === undefined ? notMeasured : `${value.toFixed(2)} s`);
  const times = (own: number | undefined, peer: number | undefined): string => (own === undefined || peer === undefined ? notMeasured : ratio(peer / own));
  return [
    'Seconds of one step at batch 64, all 7 projections of every layer: sampling, grading, gradient with the exact KL term, optimiser. *PyTorch*: `bench/peers/torch_step.py`, transformers’ `generate` and autograd over the whole batch; *one at a time*: generate one, score one, one backward pass, then the next, as the published reference loop works. *NumPy*: `bench/peers/yardstick.py`, written independently and checked against the float64 reference (`python3 bench/peers/yardstick.py ../shared/models/stories260K ../shared/models/stories260K/svf_expected.json`).',
    'Where every answer has 48 tokens, no token ends one, for any contestant. Where answers end by themselves, the peers’ have the lengths that this model’s have, and a batch of PyTorch’s is as long as its longest.',
    table(
      ['task', 'answer tokens', 'peers’', 'Singular', 'PyTorch', 'one at a time', 'NumPy', 'PyTorch ÷ ours', 'one at a time ÷ ours', 'NumPy ÷ ours'],
      figures.map(({ task, answerTokens, peerTokens, seconds: by }) => [
        task, count(answerTokens), count(peerTokens), ...['Singular', 'PyTorch', 'PyTorch, one at a time', 'NumPy'].map((name) => seconds(by.get(name))),
        ...['PyTorch', 'PyTorch, one at a time', 'NumPy'].map((name) => times(by.get('Singular'), by.get(name))),
      ]),
    ),
  ].join('\n\n');
}

async function memory(): Promise<string> {
  const figures = await benchGradientMemory(bench);
  const megabytes = (bytes: number): string => `${count(bytes / 1e6)} MB`;
  return [
    'Peak memory that one gradient step adds on the shapes and weights of tiny-llama (its context made longer for 2,048 tokens), each in a fresh process, and the time of a second step. *Kept*: every inner value waits for the backward pass. *Recomputed*: one hidden state per layer waits, and each layer is made again when the gradient reaches it, logits in four parts likewise (`src/engine/graph/recompute.ts`); a training takes this form where the values of a piece would need more than 512 MB.',
    '*Predicted* (`src/engine/model/activations.ts`): kept, the inner values of all layers; recomputed, those of one layer while it is differentiated and a hidden state for each layer. Attention’s share of a layer grows with the square of the length in both.',
    table(
      ['rows × tokens', 'kept', 'predicted', 'recomputed', 'predicted', 'kept ÷ recomputed', 'time kept', 'time recomputed', 'same gradient to the bit'],
      figures.map(({ rows, tokens, kept, recomputed, predictedBytes, predictedKeptBytes, sameGradient }) => [
        `${rows} × ${count(tokens)}`, megabytes(kept.bytes), megabytes(predictedKeptBytes), megabytes(recomputed.bytes), megabytes(predictedBytes), ratio(kept.bytes / recomputed.bytes),
        `${kept.seconds.toFixed(2)} s`, `${recomputed.seconds.toFixed(2)} s`, sameGradient ? 'yes' : '**no**',
      ]),
    ),
  ].join('\n\n');
}

async function svd(): Promise<string> {
  const figures = await benchSvd([512, 1024, 2048], turns);
  return [
    'Seconds of one decomposition of a random square matrix; *LAPACK*: `numpy.linalg.svd` in single precision (divide and conquer).',
    table(
      ['size', 'Singular', 'LAPACK', 'ours ÷ LAPACK'],
      figures.map(({ size, seconds, lapackSeconds, ratio: times }) => [String(size), `${seconds.toFixed(2)} s`, lapackSeconds === null ? missing : `${lapackSeconds.toFixed(2)} s`, times === null ? missing : ratio(times)]),
    ),
  ].join('\n\n');
}

async function window(): Promise<string> {
  const { first, again } = await benchStart();
  const memory = await benchMemory(bench);
  const shown = (value: number | null): string => (value === null ? missing : `${value.toFixed(2)} s`);
  return [
    'From the start of the local shell’s process to its first answer about the models, and to a screen in Chromium (started before). On a home that does not exist yet, and on one that does (best of three).',
    table(['', 'first answer', 'window with a screen'], [['first start', shown(first.answersSeconds), shown(first.windowSeconds)], ['later start', shown(again.answersSeconds), shown(again.windowSeconds)]]),
    '### Memory of the engine process',
    table(['', 'resident'], memory.map(({ when, megabytes }) => [when, `${count(megabytes)} MB`])),
  ].join('\n\n');
}
