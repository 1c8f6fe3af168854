/**
 * A merged checkpoint in another program: transformers loads the folder and gives the mix's logits. Runs where
 * SINGULAR_PYTHON names a Python that has torch and transformers; the product never needs one.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { writeMerged } from '../../src/engine/checkpoint/merged.ts';
import { readTensorF32 } from '../../src/engine/checkpoint/safetensors.ts';
import { loadTokenizer } from '../../src/engine/checkpoint/tokenizer.ts';
import { logitsAt, openModel } from './support.ts';

const python = process.env['SINGULAR_PYTHON'];
const stories = join(import.meta.dirname, '../../../shared/models/stories260K');
const absent = !python ? ' (skipped: SINGULAR_PYTHON names no Python with transformers)' : !existsSync(stories) ? ' (skipped: ../shared is not there)' : '';
const answerSchema = z.object({ logits: z.array(z.number()), missing: z.array(z.string()), unexpected: z.array(z.string()), text: z.string() });

describe.skipIf(absent !== '')(`a merged checkpoint in transformers${absent}`, () => {
  test.each([undefined, 200_000])('gives the mix’s logits to 1e-3 (largest shard: %s bytes)', async (maxShardBytes) => {
    const { model, checkpoint, cacheRoot, close } = await openModel(stories);
    try {
      const tuned = Object.fromEntries(checkpoint.matrices.map(({ name, rank }, j) => [name, Float32Array.from({ length: rank }, (_, i) => 1 + 0.4 * Math.sin(1.3 * (j + 1) + 0.11 * i))]));
      const factors = new Map((await model.factorsOf(Object.keys(tuned))).map((factor) => [factor.name, factor]));
      const out = join(cacheRoot, 'merged');
      await writeMerged({
        checkpoint, z: tuned, out, metadata: { parts: JSON.stringify([{ name: 'test', alpha: 1 }]) },
        svd: async (matrix) => {
          const { u, sigma, vt } = factors.get(matrix)!;
          return { sigma, u: await readTensorF32({ dtype: 'F32', ...u }), vt: await readTensorF32({ dtype: 'F32', ...vt }) };
        },
        ...(maxShardBytes === undefined ? {} : { maxShardBytes }),
      });
      const { greedy_ids_from_bos: ids } = z.object({ greedy_ids_from_bos: z.array(z.number()) }).parse(JSON.parse(await readFile(join(stories, 'expected.json'), 'utf8')));
      const [logits] = await logitsAt(model, ids, [ids.length - 1], { kind: 'shared', z: tuned });
      const { stdout } = await promisify(execFile)(python!, [join(import.meta.dirname, 'merged_logits.py'), out, ids.join()], { maxBuffer: 1 << 24 });
      const theirs = answerSchema.parse(JSON.parse(stdout));
      expect(theirs.missing).toEqual([]);
      expect(theirs.unexpected).toEqual([]);
      expect(theirs.text).toBe((await loadTokenizer(out)).decode(ids));
      expect(theirs.logits).toHaveLength(logits.length);
      theirs.logits.forEach((value, i) => expect(Math.abs(value - logits[i])).toBeLessThan(1e-3));
    } finally {
      await close();
    }
  });
});
