/** What the pictures of a screen are of, so that a saved one still says it: a screen tells it once for all its figures. */
import { getContext, setContext } from 'svelte';

export interface FigureSource {
  /** what was measured on what: “adaptation · tiny-llama · seeds 0, 1, 2” */
  of: string;
  /** repeats it */
  command?: string;
}
type Ask = () => FigureSource | null;
const context = Symbol('what pictures are of');

/** To be called while a screen is made; asked again whenever a picture is saved. */
export function provideSource(source: Ask): void {
  setContext(context, source);
}
export const sourceOfScreen = (): Ask => getContext<Ask | undefined>(context) ?? (() => null);
