import { statSync } from 'node:fs';
import type { TaskRow } from '../../../engine/host/protocol.ts';
import type { ColumnMapping } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import type { EngineHost } from '../../engine/host.ts';

/** How many usable rows a file has, read one way; a preview pages through the same file again and again. */
const totals = new Map<string, number>();
const totalsKept = 64;

/** Usable rows `offset … offset + limit` of a file that is not imported; reading stops when they are there. */
export async function readFileRows(engine: EngineHost, path: string, mapping: ColumnMapping, offset: number, limit: number): Promise<{ rows: TaskRow[]; total: number }> {
  const { size, mtimeMs } = statSync(path);
  const key = JSON.stringify([path, size, mtimeMs, mapping]);
  const rows: TaskRow[] = [];
  let seen = 0;
  const request = engine.request('readDataset', { path, mapping }, (event) => {
    for (const row of event.rows) {
      if (seen >= offset && rows.length < limit) rows.push(row);
      seen++;
    }
    if (rows.length >= limit && totals.has(key)) request.cancel();
  });
  try {
    const result = await request.result;
    totals.set(key, result.rows);
    const oldest = totals.keys().next();
    if (totals.size > totalsKept && !oldest.done) totals.delete(oldest.value);
  } catch (error) {
    if (!(error instanceof SingularError && error.code === 'cancelled')) throw error;
  }
  return { rows, total: totals.get(key) ?? seen };
}
