/**
 * z-vectors in memory: those of the experts on the desk, and the last mixes, so that a fader move costs one pass
 * over the vectors and no database read.
 */
import type { MixContent, MixPartDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import type { ZVectors } from '../../../shared/matrices.ts';
import { mixed } from '../../../shared/mix.ts';
import type { ExpertStore } from '../../db/index.ts';
import { found } from '../basics/found.ts';
import { cannotBeMixed, requireZ } from '../experts/tuning.ts';

const expertsKept = 32;
const mixesKept = 8;

class Recent<V> {
  readonly #entries = new Map<string, V>();
  readonly #limit: number;
  constructor(limit: number) {
    this.#limit = limit;
  }
  getOr(key: string, make: () => V): V {
    const value = this.#entries.get(key) ?? make();
    this.#entries.delete(key);
    this.#entries.set(key, value);
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > this.#limit && !oldest.done) this.#entries.delete(oldest.value);
    return value;
  }
}

/** The parts that sound: with a solo only soloed ones, never muted ones, and none whose every α is 0. */
export function soundingParts(parts: readonly MixPartDto[]): MixPartDto[] {
  const hasSolo = parts.some((part) => part.solo);
  return parts.filter((part) => !part.muted && (part.solo || !hasSolo) && (typeof part.alpha === 'number' ? part.alpha !== 0 : part.alpha.some((alpha) => alpha !== 0)));
}

export class VectorCache {
  readonly #experts: ExpertStore;
  readonly #vectors = new Recent<ZVectors>(expertsKept);
  readonly #mixes = new Recent<ZVectors>(mixesKept);

  constructor(experts: ExpertStore) {
    this.#experts = experts;
  }

  /** A stored expert's z never changes, so it may be kept. */
  ofExpert(id: string): ZVectors {
    return this.#vectors.getOr(id, () => this.#experts.vectors(id));
  }

  /**
   * z′ of the parts that sound; undefined is the base model, to the bit.
   * Throws `not-found` for a removed expert and `conflict` for one of other weights.
   */
  mixed({ parts, form }: MixContent, model: { name: string; weightsHash: string | null }): ZVectors | undefined {
    const sounding = soundingParts(parts);
    for (const part of sounding) {
      const expert = found(this.#experts.get(part.expertId), `expert ${part.expertId}`);
      if (expert.deletedAt !== undefined) throw new SingularError('not-found', `The expert “${expert.name}” was removed; restore it to mix it.`);
      requireZ(expert, cannotBeMixed);
      if (expert.weightsHash !== model.weightsHash) throw new SingularError('conflict', `The expert “${expert.name}” belongs to ${expert.modelName} and does not fit the weights of ${model.name}.`);
    }
    if (sounding.length === 0) return undefined;
    const key = JSON.stringify([form, ...sounding.map((part) => [part.expertId, part.alpha])]);
    return this.#mixes.getOr(key, () => mixed(sounding.map((part) => ({ z: this.ofExpert(part.expertId), alpha: part.alpha })), form));
  }
}
