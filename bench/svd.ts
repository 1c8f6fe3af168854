/**
 * The SVD against LAPACK's single-precision divide and conquer (`numpy.linalg.svd`) on the same machine, in the same
 * run: the two take turns, and the best of each counts. One JSON object a line; `lapackSeconds` is null where python3
 * or numpy is missing. On a busy machine the wall clock measures the others; with one thread each, the processor time
 * (`cpuSeconds`) still compares the two.
 *
 *   node bench/svd.ts [sizes, 512,1024,2048] [turns, 5] [threads, 0: as many as each chooses]
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { openProducts } from '../src/engine/runtime/products.ts';
import { decompose } from '../src/engine/svd/decompose.ts';
import { Random } from '../src/engine/runtime/random.ts';

export interface SvdFigure {
  size: number;
  seconds: number;
  lapackSeconds: number | null;
  ratio: number | null;
  /** of the whole process, all threads: comparable where both have one */
  cpuSeconds: number;
  lapackCpuSeconds: number | null;
}
interface Time { seconds: number; cpuSeconds: number }

const peer = `
import sys, time
import numpy
for line in sys.stdin:
    matrix = numpy.random.default_rng(1).standard_normal((int(line), int(line)), dtype=numpy.float32)
    begin, cpu = time.perf_counter(), time.process_time()
    numpy.linalg.svd(matrix, full_matrices=False)
    print(time.perf_counter() - begin, time.process_time() - cpu, flush=True)
`;

/** Times of LAPACK decompositions; null for good once the peer has ended. */
class Lapack {
  private readonly process: ChildProcessByStdio<Writable, Readable, null>;
  private readonly lines: AsyncIterator<string>;
  private ended = false;

  constructor(threads: number) {
    const env = threads > 0 ? { ...process.env, OPENBLAS_NUM_THREADS: String(threads) } : process.env;
    this.process = spawn('python3', ['-c', peer], { stdio: ['pipe', 'pipe', 'ignore'], env });
    this.process.on('error', () => (this.ended = true));
    this.process.stdin.on('error', () => (this.ended = true));
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }

  async time(size: number): Promise<Time | null> {
    if (this.ended) return null;
    this.process.stdin.write(`${size}\n`);
    const line = await this.lines.next();
    if (line.done) {
      this.ended = true;
      return null;
    }
    const [seconds, cpuSeconds] = line.value.split(' ').map(Number);
    return { seconds, cpuSeconds };
  }

  close(): void {
    this.process.stdin.end();
  }
}

/** @param threads of one product; 0 lets ONNX Runtime choose, as LAPACK chooses its own */
export async function benchSvd(sizes: readonly number[], turns: number, threads = 0): Promise<SvdFigure[]> {
  const backend = openProducts({ threads });
  const lapack = new Lapack(threads);
  const figures: SvdFigure[] = [];
  for (const size of sizes) {
    const random = new Random(1);
    const weight = Float32Array.from({ length: size * size }, () => random.normal());
    const own: Time[] = [];
    const others: Time[] = [];
    for (let turn = 0; turn < turns; turn++) {
      own.push(await timed(() => decompose(weight, size, size, backend)));
      const other = await lapack.time(size);
      if (other) others.push(other);
    }
    const { seconds, cpuSeconds } = best(own);
    const peerTime = others.length > 0 ? best(others) : null;
    figures.push({
      size, seconds, lapackSeconds: peerTime?.seconds ?? null, ratio: peerTime && seconds / peerTime.seconds,
      cpuSeconds, lapackCpuSeconds: peerTime?.cpuSeconds ?? null,
    });
  }
  lapack.close();
  await backend.release();
  return figures;
}

async function timed(work: () => Promise<unknown>): Promise<Time> {
  const begin = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - begin) / 1000, cpuSeconds: (user + system) / 1e6 };
}

const best = (times: readonly Time[]): Time => ({
  seconds: Math.min(...times.map(({ seconds }) => seconds)),
  cpuSeconds: Math.min(...times.map(({ cpuSeconds }) => cpuSeconds)),
});

if (import.meta.main) {
  const [sizes = '512,1024,2048', turns = '5', threads = '0'] = process.argv.slice(2);
  for (const size of sizes.split(',').map(Number)) {
    for (const figure of await benchSvd([size], Number(turns), Number(threads))) process.stdout.write(`${JSON.stringify(figure)}\n`);
  }
}
