/** Gain over the base with its 95 % interval, by method: a panel for each model and task, the base as the zero line. */
import type { ComparisonSummaryDto } from '../../../shared/contract.ts';

const size = { panel: 300, row: 22, label: 190, top: 34, gap: 28, columns: 3, margin: 16 } as const;
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const rounded = (value: number): string => String(Math.round(value * 10) / 10);
const short = (name: string): string => (name.length > 28 ? `${name.slice(0, 27)}…` : name);

/** A self-contained SVG; undefined where nothing is finished. */
export function gainFigure(summary: readonly ComparisonSummaryDto[]): string | undefined {
  const rows = summary.filter((row) => row.gain !== undefined);
  if (rows.length === 0) return undefined;
  const panels = [...Map.groupBy(rows, ({ modelName, task }) => JSON.stringify([modelName, task])).values()];
  const methods = [...new Set(rows.map(({ method }) => method ?? ''))];
  const ends = rows.flatMap(({ gain }) => (gain ? [gain.low, gain.high] : []));
  const [low, high] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const pad = Math.max(0.01, (high - low) * 0.05);
  const columns = Math.min(size.columns, panels.length);
  const x = (value: number): number => ((value - low + pad) / (high - low + 2 * pad)) * size.panel;
  const panelHeight = size.top + methods.length * size.row + size.gap;
  const width = size.margin * 2 + size.label + columns * (size.panel + size.gap);
  const height = size.margin * 2 + Math.ceil(panels.length / columns) * panelHeight;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Inter, system-ui, sans-serif" font-size="12" role="img">`,
    '<title>Gain over the base on the test rows, in percentage points, with 95 % intervals</title>', `<rect width="${width}" height="${height}" fill="#fff"/>`,
  ];
  panels.forEach((panel, index) => {
    const left = size.margin + size.label + (index % columns) * (size.panel + size.gap);
    const top = size.margin + Math.floor(index / columns) * panelHeight;
    const bottom = top + size.top + methods.length * size.row;
    parts.push(`<text x="${left}" y="${top + 14}" font-weight="600">${escaped(`${panel[0].modelName} · ${panel[0].task}`)}</text>`);
    parts.push(`<line x1="${rounded(left + x(0))}" x2="${rounded(left + x(0))}" y1="${top + 22}" y2="${bottom}" stroke="#888"/>`);
    for (const end of new Set([low, 0, high])) parts.push(`<text x="${rounded(left + x(end))}" y="${bottom + 14}" text-anchor="middle" fill="#666" font-size="10">${rounded(end * 100)}</text>`);
    methods.forEach((method, row) => {
      const y = top + size.top + row * size.row + size.row / 2;
      if (index % columns === 0) parts.push(`<text x="${left - 10}" y="${y + 4}" text-anchor="end">${escaped(short(method))}</text>`);
      const gain = panel.find((entry) => entry.method === method)?.gain;
      if (!gain) return;
      const colour = gain.low > 0 ? '#0a7d4b' : gain.high < 0 ? '#b3261e' : '#555';
      parts.push(`<line x1="${rounded(left + x(gain.low))}" x2="${rounded(left + x(gain.high))}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="2"/>`);
      parts.push(`<circle cx="${rounded(left + x(gain.mean))}" cy="${y}" r="4" fill="${colour}"><title>${escaped(method)}: ${rounded(gain.mean * 100)} (${rounded(gain.low * 100)} … ${rounded(gain.high * 100)})</title></circle>`);
    });
  });
  return `${[...parts, '</svg>'].join('\n')}\n`;
}
