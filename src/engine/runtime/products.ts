/**
 * Matrix products in double precision, for the arithmetic that is made of them (the SVD). One ONNX node each, any
 * shape; the result is written into memory that the caller may give, so that nothing is copied.
 */
import { writeModel } from '../graph/onnx.ts';
import * as ort from './onnxruntime.ts';

/** A dense matrix, row-major; `data` has exactly rows × columns numbers. */
export interface Matrix {
  data: Float64Array;
  rows: number;
  columns: number;
}

export interface ProductOptions {
  transposeA?: boolean;
  transposeB?: boolean;
  /** the product is subtracted from this matrix */
  from?: Matrix;
  /** where the result is written; rows × columns of the result. May be `from` itself */
  into?: Float64Array;
}

/** What the SVD asks of a device. */
export interface MatrixBackend {
  /** op(a)·op(b), or from − op(a)·op(b) */
  product(a: Matrix, b: Matrix, options?: ProductOptions): Promise<Matrix>;
  release(): Promise<void>;
}

type Variant = `${'n' | 't'}${'n' | 't'}${'+' | '-'}`;

/** Y = A·B, or Y = C − A·B, as a Gemm: its kernels exist in double precision, FusedMatMul's do not. */
function gemmModel(variant: Variant): Uint8Array {
  const subtract = variant[2] === '-';
  const value = (name: string, shape: readonly string[]) => ({ name, dtype: 'float64' as const, shape });
  return writeModel({
    name: `product ${variant}`,
    nodes: [
      {
        type: 'Gemm', domain: '', inputs: subtract ? ['a', 'b', 'c'] : ['a', 'b'], outputs: ['y'],
        attributes: { transA: Number(variant[0] === 't'), transB: Number(variant[1] === 't'), alpha: { float: subtract ? -1 : 1 } },
      },
    ],
    initializers: [],
    inputs: [value('a', ['a0', 'a1']), value('b', ['b0', 'b1']), ...(subtract ? [value('c', ['m', 'n'])] : [])],
    outputs: [value('y', ['m', 'n'])],
  });
}

const tensor = ({ data, rows, columns }: Matrix): ort.Tensor => new ort.Tensor('float64', data, [rows, columns]);

/**
 * The CPU provider's products. Double precision exists on no other provider that ships with ONNX Runtime for Node on
 * all platforms (WebGPU has none), see docs/decisions/0003-svd-by-matrix-products.md.
 * @param threads threads of one product; 0 lets ONNX Runtime choose
 */
export function openProducts({ threads }: { threads: number }): MatrixBackend {
  const sessions = new Map<Variant, Promise<ort.InferenceSession>>();
  const sessionOf = (variant: Variant): Promise<ort.InferenceSession> => {
    let session = sessions.get(variant);
    if (!session) {
      session = ort.InferenceSession.create(gemmModel(variant), {
        executionProviders: ['cpu'], interOpNumThreads: 1, logSeverityLevel: 3, ...(threads > 0 ? { intraOpNumThreads: threads } : {}),
        // Each session has threads of its own; those of one must not spin while another works.
        extra: { session: { force_spinning_stop: '1' } },
      });
      sessions.set(variant, session);
    }
    return session;
  };
  return {
    async product(a, b, { transposeA = false, transposeB = false, from, into } = {}) {
      const rows = transposeA ? a.columns : a.rows;
      const columns = transposeB ? b.rows : b.columns;
      const result: Matrix = { data: into ?? new Float64Array(rows * columns), rows, columns };
      if (rows === 0 || columns === 0) return result;
      const session = await sessionOf(`${transposeA ? 't' : 'n'}${transposeB ? 't' : 'n'}${from ? '-' : '+'}`);
      await session.run({ a: tensor(a), b: tensor(b), ...(from ? { c: tensor(from) } : {}) }, { y: tensor(result) });
      return result;
    },
    async release() {
      for (const session of sessions.values()) await (await session).release();
      sessions.clear();
    },
  };
}
