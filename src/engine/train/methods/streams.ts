/** Streams of random numbers of a training, of their own for each use, so that no two uses share a number. */
export const streams = {
  /** + step */
  step: 1,
  /** + pass */
  order: 0x1000_0000,
  init: 0x2000_0000,
  validation: 0x3000_0000,
  test: 0x3000_0001,
  /** + matrix */
  shuffle: 0x3100_0000,
  /** + step, for the seed of the step's masks */
  dropout: 0x4000_0000,
} as const;
