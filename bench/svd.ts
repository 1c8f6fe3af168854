/**
 * The SVD against LAPACK's single-precision divide and conquer (`numpy.linalg.svd`) on the same machine, in the same
 * run: the two take turns, and the best of each counts. One JSON object a line; `lapackSeconds` is null where python3
 * or numpy is missing.
 *
 *   node bench/svd.ts [sizes, 512,1024,2048] [turns, 5]
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { openProducts } from '../src/engine/runtime/products.ts';
import { decompose } from '../src/engine/svd/decompose.ts';
import { seededNormals } from '../src/engine/svd/normals.ts';

export interface SvdFigure { size: number; seconds: number; lapackSeconds: number | null; ratio: number | null }

const peer = `
import sys, time
import numpy
for line in sys.stdin:
    matrix = numpy.random.default_rng(1).standard_normal((int(line), int(line)), dtype=numpy.float32)
    begin = time.perf_counter()
    numpy.linalg.svd(matrix, full_matrices=False)
    print(time.perf_counter() - begin, flush=True)
`;

/** Seconds of one LAPACK decomposition; null for good once the peer has ended. */
class Lapack {
  private readonly process: ChildProcessByStdio<Writable, Readable, null> = spawn('python3', ['-c', peer], { stdio: ['pipe', 'pipe', 'ignore'] });
  private readonly lines: AsyncIterator<string>;
  private ended = false;

  constructor() {
    this.process.on('error', () => (this.ended = true));
    this.process.stdin.on('error', () => (this.ended = true));
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }

  async seconds(size: number): Promise<number | null> {
    if (this.ended) return null;
    this.process.stdin.write(`${size}\n`);
    const line = await this.lines.next();
    if (line.done) this.ended = true;
    return line.done ? null : Number(line.value);
  }

  close(): void {
    this.process.stdin.end();
  }
}

/** @param threads of one product; 0 lets ONNX Runtime choose, as LAPACK chooses its own */
export async function benchSvd(sizes: readonly number[], turns: number, threads = 0): Promise<SvdFigure[]> {
  const backend = openProducts({ threads });
  const lapack = new Lapack();
  const figures: SvdFigure[] = [];
  for (const size of sizes) {
    const weight = Float32Array.from({ length: size * size }, seededNormals(1));
    let seconds = Infinity;
    let lapackSeconds: number | null = null;
    for (let turn = 0; turn < turns; turn++) {
      const begin = performance.now();
      await decompose(weight, size, size, backend);
      seconds = Math.min(seconds, (performance.now() - begin) / 1000);
      const other = await lapack.seconds(size);
      if (other !== null) lapackSeconds = Math.min(lapackSeconds ?? Infinity, other);
    }
    figures.push({ size, seconds, lapackSeconds, ratio: lapackSeconds === null ? null : seconds / lapackSeconds });
  }
  lapack.close();
  await backend.release();
  return figures;
}

if (import.meta.main) {
  const [sizes = '512,1024,2048', turns = '5'] = process.argv.slice(2);
  for (const size of sizes.split(',').map(Number)) {
    for (const figure of await benchSvd([size], Number(turns))) process.stdout.write(`${JSON.stringify(figure)}\n`);
  }
}
