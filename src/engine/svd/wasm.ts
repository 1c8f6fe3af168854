/**
 * The few WebAssembly instructions that a vector loop needs, as functions that write their bytes. Arguments come
 * before the instruction, so a nested call reads like the formula it computes. Nothing is compiled outside: the
 * person's machine needs no tool, and the loops stay readable (vector-kernels.ts).
 * https://webassembly.github.io/spec/core/binary/instructions.html
 */
export type Code = readonly number[];
export interface Local { index: number; type: number }

const types = { i32: 0x7f, f64: 0x7c, pair: 0x7b } as const;
export type ValueType = keyof typeof types;

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  do {
    const low = value & 0x7f;
    value >>>= 7;
    bytes.push(value === 0 ? low : low | 0x80);
  } while (value !== 0);
  return bytes;
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  for (;;) {
    const low = value & 0x7f;
    value >>= 7;
    if ((value === 0 && !(low & 0x40)) || (value === -1 && low & 0x40)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

const instruction = (...bytes: number[]) => (...operands: Code[]): Code => [...operands.flat(), ...bytes];
/** alignment 2³; the offset is a constant added to the address */
const memory = (...bytes: number[]) => (address: Code, offset = 0, value: Code = []): Code => [...address, ...value, ...bytes, 3, ...unsigned(offset)];
const simd = (code: number): number[] => [0xfd, ...unsigned(code)];

// ---- numbers: i32 addresses and counts, f64, and `pair`, two f64 side by side
export const int = (value: number): Code => [0x41, ...signed(value)];
export const get = (local: Local): Code => [0x20, ...unsigned(local.index)];
export const set = (local: Local, value: Code): Code => [...value, 0x21, ...unsigned(local.index)];
export const plus = instruction(0x6a); // i32
export const times = instruction(0x6c); // i32
export const below = instruction(0x49); // i32, unsigned
export const real = { load: memory(0x2b), store: memory(0x39), add: instruction(0xa0), zero: [0x44, 0, 0, 0, 0, 0, 0, 0, 0] as Code };
export const pair = {
  load: memory(...simd(0x00)),
  store: memory(...simd(0x0b)),
  /** one number from memory, twice */
  loadBoth: memory(...simd(0x0a)),
  both: instruction(...simd(0x14)),
  add: instruction(...simd(0xf0)),
  sub: instruction(...simd(0xf1)),
  mul: instruction(...simd(0xf2)),
  sum: (value: Local): Code => real.add([...get(value), ...simd(0x21), 0], [...get(value), ...simd(0x21), 1]),
};

// ---- control
/** while (condition) body */
export const loop = (condition: Code, ...body: Code[]): Code => [...condition, 0x04, 0x40, 0x03, 0x40, ...body.flat(), ...condition, 0x0d, 0, 0x0b, 0x0b];
export const advance = (local: Local, by: Code): Code => set(local, plus(get(local), by));

export interface WasmFunction { name: string; parameters: ValueType[]; locals: ValueType[]; body: Code }

/** A function over i32 parameters; `write` is given the parameters and a maker of further locals. */
export function wasmFunction(name: string, parameterCount: number, write: (parameters: Local[], local: (type: ValueType) => Local) => Code[]): WasmFunction {
  const parameters: ValueType[] = Array<ValueType>(parameterCount).fill('i32');
  const locals: ValueType[] = [];
  const handles = parameters.map((type, index) => ({ index, type: types[type] }));
  const body = write(handles, (type) => {
    locals.push(type);
    return { index: parameterCount + locals.length - 1, type: types[type] };
  }).flat();
  return { name, parameters, locals, body };
}

const section = (id: number, content: readonly number[]): number[] => [id, ...unsigned(content.length), ...content];
const vector = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()];
const text = (value: string): number[] => {
  const bytes = [...new TextEncoder().encode(value)];
  return [...unsigned(bytes.length), ...bytes];
};

/** A module that imports `memory` from `env` and exports the functions, which return nothing. */
export function wasmModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const signatures = functions.map(({ parameters }) => [0x60, ...vector(parameters.map((type) => [types[type]])), 0]);
  const bodies = functions.map(({ locals, body }) => {
    const code = [...vector(locals.map((type) => [1, types[type]])), ...body, 0x0b];
    return [...unsigned(code.length), ...code];
  });
  return Uint8Array.from([
    0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, vector(signatures)),
    ...section(2, vector([[...text('env'), ...text('memory'), 0x02, 0x00, 0]])),
    ...section(3, vector(functions.map((_, index) => unsigned(index)))),
    ...section(7, vector(functions.map(({ name }, index) => [...text(name), 0x00, ...unsigned(index)]))),
    ...section(10, vector(bodies)),
  ]);
}
