/** Number formats of safetensors, and the conversions between the three that weights come in. */

/** Bytes of one element. */
export const dtypeSizes = {
  F64: 8, I64: 8, U64: 8,
  F32: 4, I32: 4, U32: 4,
  F16: 2, BF16: 2, I16: 2, U16: 2,
  I8: 1, U8: 1, BOOL: 1, F8_E4M3: 1, F8_E5M2: 1,
} as const;
export type Dtype = keyof typeof dtypeSizes;
/** Formats that a weight may have here. */
export const weightDtypes = ['F32', 'F16', 'BF16'] as const;
export type WeightDtype = (typeof weightDtypes)[number];
export const isWeightDtype = (dtype: Dtype): dtype is WeightDtype => (weightDtypes as readonly Dtype[]).includes(dtype);

const word = new DataView(new ArrayBuffer(4));

/** IEEE 754 half to single precision; exact. */
function halfToSingle(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

let halves: Float32Array | undefined;
/** All 65,536 halves as singles: a look-up is several times as fast as taking each apart. */
function halfTable(): Float32Array {
  if (!halves) {
    halves = new Float32Array(65536);
    for (let i = 0; i < 65536; i++) halves[i] = halfToSingle(i);
  }
  return halves;
}

/** Single to half precision, to nearest, ties to even (as PyTorch rounds); too large gives infinity. */
export function singleToHalf(value: number): number {
  word.setFloat32(0, value);
  const bits = word.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // rounds past the largest half
  if (magnitude < 0x38800000) {
    // Subnormal halves are multiples of 2^-24. The scaled value is exact in double precision.
    const scaled = Math.abs(value) * 2 ** 24;
    const floor = Math.floor(scaled);
    const rest = scaled - floor;
    return sign | (floor + (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? 1 : 0));
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

/** Single precision to bfloat16, to nearest, ties to even. */
export function singleToBfloat(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40; // NaN stays NaN
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

/** Little-endian bytes of weights as singles. All platforms we run on are little-endian. */
export function toFloat32(bytes: Uint8Array, dtype: WeightDtype): Float32Array {
  // Typed arrays must be aligned; bytes cut from a file need not be.
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  if (dtype === 'F32') return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
  const words = new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2);
  const values = new Float32Array(words.length);
  if (dtype === 'F16') {
    const table = halfTable();
    for (let i = 0; i < words.length; i++) values[i] = table[words[i]];
  } else {
    const bits = new Uint32Array(values.buffer);
    for (let i = 0; i < words.length; i++) bits[i] = (words[i]) << 16;
  }
  return values;
}

/** Singles as little-endian bytes of `dtype`. F32 shares the memory of `values`. */
export function fromFloat32(values: Float32Array, dtype: WeightDtype): Uint8Array {
  if (dtype === 'F32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const words = new Uint16Array(values.length);
  if (dtype === 'F16') {
    for (let i = 0; i < words.length; i++) words[i] = singleToHalf(values[i]);
  } else {
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    for (let i = 0; i < words.length; i++) words[i] = singleToBfloat(bits[i]);
  }
  return new Uint8Array(words.buffer);
}

/** Index of the first NaN or infinity in little-endian bytes of weights, or −1. */
export function firstNonFinite(bytes: Uint8Array, dtype: WeightDtype): number {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  // An exponent of all ones is NaN or infinity in each of the three formats.
  if (dtype === 'F32') return firstMatch32(new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4), 0x7f800000);
  return firstMatch16(new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2), dtype === 'F16' ? 0x7c00 : 0x7f80);
}

// One function for each width: a loop that meets both kinds of array runs several times slower.
function firstMatch32(words: Uint32Array, exponent: number): number {
  for (let i = 0; i < words.length; i++) if ((words[i] & exponent) === exponent) return i;
  return -1;
}

function firstMatch16(words: Uint16Array, exponent: number): number {
  for (let i = 0; i < words.length; i++) if ((words[i] & exponent) === exponent) return i;
  return -1;
}
