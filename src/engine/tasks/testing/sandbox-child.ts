/** A child for tests of sandboxes: does what a row says, `wait N` for N milliseconds without work. `setup.reads` is a file that it opens before it starts, with `setup.waits` it waits for what it is given, does not start with `setup.refuses`, and says it for `given`. */
import { readFileSync } from 'node:fs';
import hostProcess from 'node:process';
import { given, serve } from '../graders/sandbox/serve.ts';

const { reads, waits, refuses } = JSON.parse(hostProcess.argv[2] ?? '{}') as { reads?: string; waits?: boolean; refuses?: string };
if (reads !== undefined) readFileSync(reads);
const gift = waits ? await given() : '';
if (waits && gift === refuses) throw new Error('refused');
const kept: Buffer[] = [];

await serve((payload) => {
  if (payload === 'last') return { value: payload, last: true };
  if (payload === 'throw') throw new Error(payload);
  while (payload === 'loop') hostProcess.hrtime();
  while (payload === 'memory') kept.push(Buffer.alloc(8 * 1024 * 1024, 1));
  if (payload === 'given') return { value: gift };
  if (payload === 'pid') return { value: hostProcess.pid };
  const waitMs = /^wait (\d+)$/.exec(payload)?.[1];
  if (waitMs !== undefined) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(waitMs));
  return { value: payload };
}, (error) => ({ value: String(error) }));
