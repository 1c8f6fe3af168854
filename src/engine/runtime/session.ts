/**
 * ONNX Runtime sessions over generated graphs. `run` blocks the thread that calls it, so sessions live in the engine
 * process, one `run` at a time.
 */
import { dirname, isAbsolute, relative, sep } from 'node:path';
import type { Device } from '../../shared/contract.ts';
import { SingularError } from '../../shared/errors.ts';
import { encodeGraph, type Dialect } from '../graph/encode.ts';
import type { Graph } from '../graph/graph.ts';
import type { Node, TensorPlace } from '../graph/ops.ts';
import * as ort from './onnxruntime.ts';

export type Tensor = ort.Tensor;
export type Feeds = Record<string, Tensor>;

export interface SessionOptions {
  device: Device;
  /** threads of one product on the CPU; 0 lets ONNX Runtime choose */
  threads: number;
  /** copies weights into the layout of the CPU's products: worth it for small models, a second copy in memory for large ones */
  prepack?: boolean;
  /** what the device needs, unless a test asks for another */
  dialect?: Dialect;
}

/**
 * How long a thread waits for its next part of a product before it sleeps, microseconds; 0: it sleeps at once. Threads that
 * wait hold each other up when something else wants the cores, so the wait is short. Quiet machine, two threads, 50
 * against 0: 19,000 against 13,900 tokens a second at 32 rows, a training step in 0.52 against 0.60 s; beside other work
 * on both cores a gradient took 0.89 against 0.75 s (docs/LOG.md).
 */
const spinMicroseconds: number = 50;

const dialectOf = (device: Device): Dialect => (device === 'cpu' || device === 'cuda' ? 'cpu' : 'portable');

export const floats = (data: Float32Array, dims: readonly number[]): Tensor => new ort.Tensor('float32', data, dims);
export const longs = (data: BigInt64Array, dims: readonly number[]): Tensor => new ort.Tensor('int64', data, dims);

export function floatData(tensor: Tensor): Float32Array {
  if (!(tensor.data instanceof Float32Array)) throw new Error(`a ${tensor.type} output where float32 was expected`);
  return tensor.data;
}
export function longData(tensor: Tensor): BigInt64Array {
  if (!(tensor.data instanceof BigInt64Array)) throw new Error(`a ${tensor.type} output where int64 was expected`);
  return tensor.data;
}

/** Version of ONNX Runtime, and the providers its binary brings. */
export const runtimeVersion = (): string => ort.env.versions.node ?? ort.env.versions.common;
export const bundledProviders = (): string[] => ort.listSupportedBackends().map(({ name }) => name);

export class Session {
  readonly graph: Graph;
  readonly device: Device;
  private readonly session: ort.InferenceSession;
  private readonly outputNames: string[];

  private constructor(graph: Graph, device: Device, session: ort.InferenceSession) {
    this.graph = graph;
    this.device = device;
    this.session = session;
    this.outputNames = [...graph.outputs.keys()];
  }

  static async open(graph: Graph, { device, threads, prepack = false, dialect = dialectOf(device) }: SessionOptions): Promise<Session> {
    const places = graph.nodes.filter((node): node is Node<'external'> => node.op === 'external').map(({ attributes }) => attributes.place);
    const root = commonFolder(places);
    const bytes = encodeGraph(graph, {
      dialect,
      locate: ({ file }) => relative(root, file).split(sep).join('/'),
    });
    const session = await ort.InferenceSession.create(bytes, {
      executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
      graphOptimizationLevel: 'all',
      ...(threads > 0 ? { intraOpNumThreads: threads } : {}),
      interOpNumThreads: 1,
      logSeverityLevel: 3,
      enableMemPattern: false, // a pattern is kept for every shape that was ever run, and shapes here are many
      extra: {
        session: {
          disable_prepacking: prepack ? '0' : '1', // without it weights stay in the file's pages; a second session costs nothing
          set_denormal_as_zero: '1',
          ...(spinMicroseconds > 0 ? { 'intra_op.allow_spinning': '1', 'intra_op.spin_duration_us': String(spinMicroseconds) } : { 'intra_op.allow_spinning': '0' }),
          model_external_initializers_file_folder_path: root,
        },
      },
    });
    return new Session(graph, device, session);
  }

  /** Runs the graph; blocks the event loop for as long as it takes. */
  async run(feeds: Feeds, outputs: readonly string[] = this.outputNames): Promise<Record<string, Tensor>> {
    return this.session.run(feeds, outputs);
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

/** The deepest folder that holds every file: external data must lie inside the folder that a session is given. */
function commonFolder(places: readonly TensorPlace[]): string {
  const files = [...new Set(places.map(({ file }) => file))];
  if (files.length === 0) return process.cwd();
  let folder = dirname(files[0]);
  for (const file of files) {
    while (!isInside(folder, file)) {
      const parent = dirname(folder);
      if (parent === folder) throw new SingularError('unavailable', `${file} lies on another drive than the model; move the application's home to the model's drive.`);
      folder = parent;
    }
  }
  return folder;
}

function isInside(folder: string, file: string): boolean {
  const path = relative(folder, file);
  return path !== '' && !path.startsWith('..') && !isAbsolute(path);
}
