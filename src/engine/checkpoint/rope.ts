/**
 * Rotary position tables. Frequencies follow transformers' `modeling_rope_utils.py`; we compute in double precision
 * and round once at the end, where transformers computes in single.
 */
import type { ModelConfig } from './config.ts';

/** Angular frequency of each of the headDim / 2 pairs, in radians per position. */
export function ropeFrequencies(config: Pick<ModelConfig, 'headDim' | 'ropeTheta' | 'ropeScaling'>): Float64Array {
  const pairs = config.headDim / 2;
  const frequencies = new Float64Array(pairs);
  const scaling = config.ropeScaling;
  for (let i = 0; i < pairs; i++) {
    const frequency = config.ropeTheta ** (-(2 * i) / config.headDim);
    if (scaling === null) {
      frequencies[i] = frequency;
    } else if (scaling.kind === 'linear') {
      frequencies[i] = frequency / scaling.factor;
    } else {
      // Wavelengths below the high-frequency bound stay, those above the low-frequency bound are stretched by the
      // factor, and between the two the stretch is blended in (Llama 3.1, `_compute_llama3_parameters`).
      const wavelength = (2 * Math.PI) / frequency;
      const { factor, lowFrequencyFactor, highFrequencyFactor, originalMaxPositions } = scaling;
      if (wavelength < originalMaxPositions / highFrequencyFactor) {
        frequencies[i] = frequency;
      } else if (wavelength > originalMaxPositions / lowFrequencyFactor) {
        frequencies[i] = frequency / factor;
      } else {
        const smooth = (originalMaxPositions / wavelength - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
        frequencies[i] = ((1 - smooth) * frequency) / factor + smooth * frequency;
      }
    }
  }
  return frequencies;
}

/**
 * Cosines and sines for positions 0 … positions − 1.
 * @returns cos and sin, each [positions, headDim / 2], row-major
 */
export function ropeTables(config: Pick<ModelConfig, 'headDim' | 'ropeTheta' | 'ropeScaling'>, positions: number): { cos: Float32Array; sin: Float32Array } {
  const frequencies = ropeFrequencies(config);
  const cos = new Float32Array(positions * frequencies.length);
  const sin = new Float32Array(positions * frequencies.length);
  for (let position = 0; position < positions; position++) {
    frequencies.forEach((frequency, i) => {
      const angle = position * frequency;
      cos[position * frequencies.length + i] = Math.cos(angle);
      sin[position * frequencies.length + i] = Math.sin(angle);
    });
  }
  return { cos, sin };
}
