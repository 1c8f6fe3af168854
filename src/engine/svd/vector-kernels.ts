/**
 * The vector loops of the tridiagonal reduction, four rows at a time, two numbers at a time. All addresses are bytes
 * in one memory; lengths are bytes too. Vectors end at a multiple of four numbers, padded with zeros.
 */
import { advance, below, get, int, loop, pair, plus, real, set, times, wasmFunction, wasmModule, type Code, type Local } from './wasm.ts';

const four = [0, 1, 2, 3];

/** out[c] = Σ rows[c][i]·x[i]; count is a multiple of four */
const dotRows = wasmFunction('dotRows', 6, ([rows, stride, count, x, length, out], local) => {
  const row = four.map(() => local('i32'));
  const sums = four.map(() => [local('pair'), local('pair')]);
  const i = local('i32');
  const c = local('i32');
  const at = (base: Local): Code => plus(get(base), get(i));
  return [
    set(c, int(0)),
    loop(
      below(get(c), get(count)),
      ...rowPointers(row, rows, stride),
      ...sums.flat().map((sum) => set(sum, pair.both(real.zero))),
      set(i, int(0)),
      loop(
        below(get(i), get(length)),
        ...sums.flatMap(([low, high], k) => [
          set(low, pair.add(get(low), pair.mul(pair.load(at(row[k])), pair.load(at(x))))),
          set(high, pair.add(get(high), pair.mul(pair.load(at(row[k]), 16), pair.load(at(x), 16)))),
        ]),
        advance(i, int(32)),
      ),
      ...sums.flatMap(([low, high], k) => [set(low, pair.add(get(low), get(high))), real.store(get(out), 8 * k, pair.sum(low))]),
      advance(out, int(32)),
      advance(rows, times(get(stride), int(4))),
      advance(c, int(4)),
    ),
  ];
});

/** x[i] −= Σ coefficients[c]·rows[c][i]; count is a multiple of four */
const subtractRows = wasmFunction('subtractRows', 6, ([rows, stride, count, x, length, coefficients], local) => {
  const row = four.map(() => local('i32'));
  const factor = four.map(() => local('pair'));
  const i = local('i32');
  const c = local('i32');
  const at = (base: Local): Code => plus(get(base), get(i));
  const term = (k: number, offset: number): Code => pair.mul(get(factor[k]), pair.load(at(row[k]), offset));
  const update = (offset: number): Code =>
    pair.store(at(x), offset, pair.sub(pair.load(at(x), offset), pair.add(pair.add(term(0, offset), term(1, offset)), pair.add(term(2, offset), term(3, offset)))));
  return [
    set(c, int(0)),
    loop(
      below(get(c), get(count)),
      ...rowPointers(row, rows, stride),
      ...factor.map((value, k) => set(value, pair.loadBoth(get(coefficients), 8 * k))),
      set(i, int(0)),
      loop(below(get(i), get(length)), update(0), update(16), advance(i, int(32))),
      advance(coefficients, int(32)),
      advance(rows, times(get(stride), int(4))),
      advance(c, int(4)),
    ),
  ];
});

/**
 * y += A x for symmetric A, of which only the lower triangle and its diagonal 4 × 4 blocks are read: each number that
 * comes from memory is used for its own place and for its mirror image. `groups` groups of four rows; `matrix` is the
 * address of the first.
 */
const symmetricProduct = wasmFunction('symmetricProduct', 5, ([matrix, stride, groups, x, y], local) => {
  const row = four.map(() => local('i32'));
  const sums = four.map(() => local('pair'));
  const factor = four.map(() => local('pair'));
  const entry = four.map(() => local('pair'));
  const i = local('i32');
  const end = local('i32');
  const last = local('i32');
  const value = local('pair');
  const at = (base: Local): Code => plus(get(base), get(i));
  const accumulate = (k: number): Code => set(sums[k], pair.add(get(sums[k]), pair.mul(get(entry[k]), get(value))));
  const mirrored = (k: number): Code => pair.mul(get(entry[k]), get(factor[k]));
  return [
    set(end, int(0)),
    set(last, times(get(groups), int(32))),
    loop(
      below(get(end), get(last)),
      ...rowPointers(row, matrix, stride),
      ...sums.map((sum) => set(sum, pair.both(real.zero))),
      ...factor.map((both, k) => set(both, pair.loadBoth(plus(get(x), get(end)), 8 * k))),
      set(i, int(0)),
      loop(
        below(get(i), get(end)),
        set(value, pair.load(at(x))),
        ...four.flatMap((k) => [set(entry[k], pair.load(at(row[k]))), accumulate(k)]),
        pair.store(at(y), 0, pair.add(pair.load(at(y)), pair.add(pair.add(mirrored(0), mirrored(1)), pair.add(mirrored(2), mirrored(3))))),
        advance(i, int(16)),
      ),
      // The diagonal block, both halves as they lie.
      ...[0, 16].flatMap((offset) => [
        set(value, pair.load(at(x), offset)),
        ...four.flatMap((k) => [set(entry[k], pair.load(at(row[k]), offset)), accumulate(k)]),
      ]),
      ...four.map((k) => real.store(plus(get(y), get(end)), 8 * k, real.add(real.load(plus(get(y), get(end)), 8 * k), pair.sum(sums[k])))),
      advance(matrix, times(get(stride), int(4))),
      advance(end, int(32)),
    ),
  ];
});

function rowPointers(row: readonly Local[], rows: Local, stride: Local): Code[] {
  return row.map((pointer, k) => set(pointer, k === 0 ? get(rows) : plus(get(row[k - 1]), get(stride))));
}

export interface VectorKernels {
  dotRows(rows: number, stride: number, count: number, x: number, length: number, out: number): void;
  subtractRows(rows: number, stride: number, count: number, x: number, length: number, coefficients: number): void;
  symmetricProduct(matrix: number, stride: number, groups: number, x: number, y: number): void;
}

let compiled: WebAssembly.Module | undefined;

export interface VectorWorkspace { numbers: Float64Array; kernels: VectorKernels }

/** Memory for at least `count` numbers, with the kernels over it. */
export function vectorWorkspace(count: number): VectorWorkspace {
  compiled ??= new WebAssembly.Module(wasmModule([dotRows, subtractRows, symmetricProduct]));
  const memory = new WebAssembly.Memory({ initial: Math.ceil((count * 8) / 65_536) });
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  return { numbers: new Float64Array(memory.buffer), kernels: exports as unknown as VectorKernels };
}
