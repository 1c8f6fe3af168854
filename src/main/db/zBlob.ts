/** z-vectors as bytes: little-endian fp32, whatever the machine's own order. */
import { endianness } from 'node:os';

export function encodeZ(z: Float32Array): Buffer {
  const bytes = Buffer.from(new Uint8Array(z.buffer, z.byteOffset, z.byteLength));
  return endianness() === 'LE' ? bytes : bytes.swap32();
}

export function decodeZ(bytes: Buffer): Float32Array {
  // copied, so that the view is aligned and owns its memory
  const copy = Buffer.from(bytes);
  if (endianness() === 'BE') copy.swap32();
  return new Float32Array(copy.buffer.slice(copy.byteOffset, copy.byteOffset + copy.byteLength));
}
