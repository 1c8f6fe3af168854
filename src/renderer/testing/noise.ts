/** Uniform numbers in [0, 1) from a seed, for figures that are made up. */
export function noise(seed: number): () => number {
  let state = (seed * 2_654_435_761) % 4_294_967_296;
  const next = (): number => (state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296) / 4_294_967_296;
  for (let i = 0; i < 5; i++) next();
  return next;
}
