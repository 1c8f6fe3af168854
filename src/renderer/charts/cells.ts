import type { ZMapDto } from '../../shared/contract.ts';
import { divergingColor, readToken } from './colors.ts';

/** The cells of a z map as an image of one dot each, row by row, in the theme's colours. `full` is drawn in full colour. */
export function cellsCanvas(map: ZMapDto, full: number, lift = 1): HTMLCanvasElement {
  const ground = readToken(document.body, '--surface');
  const below = readToken(document.body, '--below');
  const above = readToken(document.body, '--above');
  const bins = Math.max(1, ...map.matrices.map((matrix) => matrix.cells.length));
  const pixels = new ImageData(bins, Math.max(1, map.matrices.length));
  map.matrices.forEach((matrix, row) => {
    matrix.cells.forEach((cell, bin) => {
      const amount = cell / full;
      const [red, green, blue] = divergingColor(ground, below, above, Math.sign(amount) * Math.abs(amount) ** lift);
      pixels.data.set([red, green, blue, 255], 4 * (row * bins + bin));
    });
  });
  const canvas = document.createElement('canvas');
  canvas.width = pixels.width;
  canvas.height = pixels.height;
  canvas.getContext('2d')?.putImageData(pixels, 0, 0);
  return canvas;
}

/** The same as a `data:` address, for a picture that is a file of its own. */
export const cellsImage = (map: ZMapDto, full: number): string => cellsCanvas(map, full).toDataURL('image/png');
