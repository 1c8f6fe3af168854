/** RESULTS.md: one part for each section that was run; parts of earlier runs stay until they are run again. */
import { existsSync, readFileSync } from 'node:fs';
import { arch, cpus, getPriority, loadavg, platform, release, totalmem } from 'node:os';
import { runtimeVersion } from '../src/engine/runtime/session.ts';

const title = '# Benchmarks\n\nWritten by `npm run bench`. Every contestant takes turns with the others in the same run, and the best turn of each counts: read the ratios.\n';

export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(columns), line(columns.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

export const count = (value: number): string => Math.round(value).toLocaleString('en-US');
export const ratio = (value: number): string => `${value < 10 ? value.toFixed(2) : value.toFixed(1)} ×`;
export const missing = 'not installed';

/** The machine and the versions, one line each. */
export function machine(versions: Record<string, string | null>): string {
  const [cpu] = cpus();
  const lines = [
    `${cpu.model.trim()}, ${cpus().length} logical processors, ${Math.round(totalmem() / 2 ** 30)} GiB; ${platform()} ${arch()} ${release()}`,
    [`Node ${process.versions.node}`, `ONNX Runtime ${runtimeVersion()}`, ...Object.entries(versions).map(([name, version]) => `${name} ${version ?? missing}`)].join(', '),
  ];
  return lines.map((line) => `- ${line}`).join('\n');
}

/** When a section was measured, and how much company it had: a busy machine lowers every figure. */
export function circumstances(command: string): string {
  const nice = getPriority();
  return `\`${command}\`, ${new Date().toISOString().slice(0, 10)}; load average ${loadavg()[0].toFixed(1)} at the start${nice === 0 ? '' : `, run at priority ${nice}`}.`;
}

/** Replaces the parts with the given headings in the report at `path`. */
export function merged(path: string, parts: ReadonlyMap<string, string>, order: readonly string[]): string {
  const all = new Map<string, string>();
  if (existsSync(path)) {
    for (const part of readFileSync(path, 'utf8').split(/^## /m).slice(1)) {
      const end = part.indexOf('\n');
      all.set(part.slice(0, end), part.slice(end + 1).trim());
    }
  }
  for (const [heading, body] of parts) all.set(heading, body);
  const written = order.flatMap((heading) => (all.has(heading) ? [`## ${heading}\n\n${all.get(heading)}\n`] : []));
  return [title, ...written].join('\n');
}
