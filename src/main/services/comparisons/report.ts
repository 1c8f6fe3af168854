/** Writes a comparison as Markdown, with its figure as SVG beside it. The same stored runs give the same bytes. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { SingularError } from '../../../shared/errors.ts';
import type { ComparisonRecord } from '../../db/index.ts';
import type { ServiceContext } from '../context.ts';
import { fileNameOf, freePath } from '../experts/exports.ts';
import { gainFigure } from './figure.ts';
import { summaryOf } from './summary.ts';
import { reportText } from './text.ts';

/** How a report begins: only a file that does is written over. */
const mark = '<!-- Written by Singular from stored runs; write it again rather than edit it. -->';

export function writeReport({ stores, layout }: ServiceContext, comparison: ComparisonRecord, path: string | undefined, notes: string | undefined): { path: string; text: string } {
  const table = stores.comparisons.table(comparison.id);
  const summary = summaryOf(table, comparison.plan.methods.map(({ name }) => name));
  const target = path === undefined ? defaultPath(layout.exports, comparison.name) : resolve(path);
  if (!existsSync(dirname(target))) throw new SingularError('bad-input', `There is no folder ${dirname(target)} to write into.`);
  if (existsSync(target) && !readFileSync(target, 'utf8').startsWith(mark)) throw new SingularError('conflict', `${target} exists already and is no report; nothing was written.`);
  const figure = `${basename(target, extname(target))}-gains.svg`;
  const cells = stores.comparisons.cells(comparison.id);
  const svg = gainFigure(summary);
  const text = `${mark}\n\n${reportText({ comparison, cells, table, summary, ...(svg !== undefined && { figure }), ...(notes !== undefined && { notes }) })}`;
  if (svg !== undefined) writeFileSync(join(dirname(target), figure), svg);
  writeFileSync(target, text);
  return { path: target, text };
}

function defaultPath(folder: string, name: string): string {
  mkdirSync(folder, { recursive: true });
  return freePath(folder, fileNameOf(name), '.md');
}
