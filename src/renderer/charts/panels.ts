/** Small multiples: panels of one size, beside and below each other in one drawing. */

/** In pixels, where they are lengths. */
export interface PanelSettings {
  count: number;
  /** of the whole drawing */
  width: number;
  /** between two panels beside each other */
  gap: number;
  /** from a panel's top to that of the one below it */
  pitch: number;
  /** a further panel fits beside the others where each of them has this much, its gap counted in */
  wanted: number;
  /** what a panel has at the least, however narrow the drawing */
  narrowest: number;
  /** panels in a row, at the most */
  most?: number;
}

export interface Panels { rows: number; panelWidth: number; /** for the `transform` of a panel's group */ place: (index: number) => string }

export function panelsOf({ count, width, gap, pitch, wanted, narrowest, most = count }: PanelSettings): Panels {
  const across = Math.max(1, Math.min(count, most, Math.floor((width + gap) / wanted)));
  const panelWidth = Math.max(narrowest, (width - gap * (across - 1)) / across);
  return { rows: Math.ceil(count / across), panelWidth, place: (index) => `translate(${(index % across) * (panelWidth + gap)} ${Math.floor(index / across) * pitch})` };
}
