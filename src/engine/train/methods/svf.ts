/**
 * SVF (arXiv 2501.06252): one number per singular value. Trained are z itself (`direct`), or p with
 * z = σ(p) · Σσ / Σ(σ σ(p)) (`reference`: the published code's sigmoid, and the nuclear norm kept, so that a constant p is
 * the base). What an expert keeps is z.
 */
import type { ZVectors } from '../../../shared/matrices.ts';
import type { TrainingConfig } from '../../../shared/training.ts';
import { factorisedWeights, scaleName, type FactorisedMatrix } from '../../model/weights.ts';
import { scaled, type LoadedModel } from '../../runtime/loaded-model.ts';
import { Random } from '../../runtime/random.ts';
import { floats } from '../../runtime/session.ts';
import { countOf, filled, type Method, type Parameters, type Policy } from './method.ts';
import { streams } from './streams.ts';

/** A model under z; the graph's inputs are σ ⊙ z, by matrix. */
export async function svfPolicy(model: LoadedModel, z: ZVectors): Promise<Policy & { factors: readonly FactorisedMatrix[] }> {
  const factors = await model.factorsOf(Object.keys(z));
  const names = factors.map(({ name }) => name);
  const feeds = Object.fromEntries(factors.map((factor) => [scaleName(factor.name), floats(scaled(factor, z[factor.name]), [factor.sigma.length])]));
  return {
    key: `svf:${names.length === model.checkpoint.matrices.length ? 'all' : names.join()}`,
    weights: () => factorisedWeights(model.plain(), factors, 'shared'),
    feeds: () => feeds,
    factors,
  };
}

/** dJ/dz = σ ⊙ dJ/d(σ ⊙ z) */
export const gradientOfZ = (factors: readonly FactorisedMatrix[], ofScales: ReadonlyMap<string, Float32Array>): Map<string, Float32Array> =>
  new Map(factors.map(({ name, sigma }) => [name, (ofScales.get(name) ?? new Float32Array(sigma.length)).map((value, i) => value * sigma[i])]));

const logistic = (p: number): number => 1 / (1 + Math.exp(-p));

/** z of p: the sigmoid, scaled so that Σσz = Σσ. */
export function referenceZ(sigma: Float32Array, p: Float32Array): Float32Array {
  const { share, scale } = referenceParts(sigma, p);
  return Float32Array.from(share, (value) => value * scale);
}

/** dJ/dp of dJ/dz: with s = sigmoid(p), D = Σσs, z = s Σσ / D, dJ/dpⱼ = Σσ/D · sⱼ(1 − sⱼ) · (gⱼ − σⱼ Σ(g s) / D). */
export function referenceGradient(sigma: Float32Array, p: Float32Array, ofZ: Float32Array): Float32Array {
  const { share, scale, kept } = referenceParts(sigma, p);
  let along = 0;
  for (let i = 0; i < share.length; i++) along += ofZ[i] * share[i];
  return Float32Array.from(share, (s, i) => scale * s * (1 - s) * (ofZ[i] - (sigma[i] * along) / kept));
}

function referenceParts(sigma: Float32Array, p: Float32Array): { share: Float64Array; scale: number; kept: number } {
  const share = Float64Array.from(p, logistic);
  let norm = 0;
  let kept = 0;
  for (let i = 0; i < sigma.length; i++) {
    norm += sigma[i];
    kept += sigma[i] * share[i];
  }
  return { share, scale: kept > 0 ? norm / kept : 1, kept: kept > 0 ? kept : 1 };
}

/** `initMean` and `initDeviation` are of what is trained: of z for `direct`, of p for `reference` (the published code's: 0.1 and 0.01). */
export async function svf(model: LoadedModel, matrices: readonly { name: string; rank: number }[], { parametrisation, initMean, initDeviation }: Pick<TrainingConfig, 'parametrisation' | 'initMean' | 'initDeviation'>): Promise<Method> {
  const factors = await model.factorsOf(matrices.map(({ name }) => name));
  const isReference = parametrisation === 'reference';
  const each = (values: (factor: FactorisedMatrix) => Float32Array): Parameters => Object.fromEntries(factors.map((factor) => [factor.name, values(factor)]));
  const zOf = (parameters: Parameters): ZVectors => (isReference ? each(({ name, sigma }) => referenceZ(sigma, parameters[name])) : parameters);
  const baseValue = isReference ? initMean : 1;
  const base = (): Parameters => each(({ sigma }) => filled(sigma.length, baseValue));
  return {
    count: countOf(base()),
    initial(seed) {
      const random = new Random(seed, streams.init);
      return each(({ sigma }) => Float32Array.from(sigma, () => initMean + initDeviation * random.normal()));
    },
    base,
    centre: () => baseValue,
    merged: (parameters) => model.merge(zOf(parameters)),
    policy: (parameters) => svfPolicy(model, zOf(parameters)),
    gradient(parameters, ofInputs) {
      const ofZ = gradientOfZ(factors, ofInputs);
      if (!isReference) return ofZ;
      return new Map(factors.map(({ name, sigma }) => [name, referenceGradient(sigma, parameters[name], ofZ.get(name) ?? new Float32Array(sigma.length))]));
    },
    tensors: (parameters) => Object.fromEntries(Object.entries(zOf(parameters)).map(([name, data]) => [name, { shape: [data.length], data }])),
  };
}
