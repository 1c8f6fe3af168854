/**
 * Products whose results lie in memory that is used again. A decomposition goes through a dozen arrays as large as its
 * matrix; taking each fresh from the system costs a page fault per 4 KB, a tenth of the whole time.
 */
import type { Matrix, MatrixBackend, ProductOptions } from '../runtime/products.ts';
import { vectorWorkspace, type VectorWorkspace } from './vector-kernels.ts';

/** Smaller arrays are cheap. */
const smallestKept = 1 << 15;

export class Arena {
  private readonly backend: MatrixBackend;
  private readonly free: Float64Array[] = [];
  private workspace: VectorWorkspace | undefined;

  constructor(backend: MatrixBackend) {
    this.backend = backend;
  }

  /** `length` numbers of any value. */
  take(length: number): Float64Array {
    if (length < smallestKept) return new Float64Array(length);
    let best = -1;
    this.free.forEach((array, index) => {
      if (array.length >= length && array.length <= 4 * length && (best < 0 || array.length < this.free[best].length)) best = index;
    });
    return best < 0 ? new Float64Array(length) : this.free.splice(best, 1)[0].subarray(0, length);
  }

  matrix(rows: number, columns: number): Matrix {
    return { data: this.take(rows * columns), rows, columns };
  }

  /** Gives arrays back that came from `take` or `product`; nothing may use them afterwards. */
  give(...arrays: (Float64Array | Matrix)[]): void {
    for (const array of arrays) {
      const { buffer } = array instanceof Float64Array ? array : array.data;
      if (buffer.byteLength >= 8 * smallestKept) this.free.push(new Float64Array(buffer));
    }
  }

  /** Memory for the vector kernels: at least `count` numbers of any value. */
  takeWorkspace(count: number): VectorWorkspace {
    const { workspace } = this;
    if (!workspace || workspace.numbers.length < count || workspace.numbers.length > 4 * count) return vectorWorkspace(count);
    this.workspace = undefined;
    return workspace;
  }

  giveWorkspace(workspace: VectorWorkspace): void {
    this.workspace = workspace;
  }

  /** As `MatrixBackend.product`; the result is the caller's to give back. */
  product(a: Matrix, b: Matrix, options: ProductOptions = {}): Promise<Matrix> {
    const rows = options.transposeA ? a.columns : a.rows;
    const columns = options.transposeB ? b.rows : b.columns;
    return this.backend.product(a, b, { ...options, into: options.into ?? this.take(rows * columns) });
  }
}
