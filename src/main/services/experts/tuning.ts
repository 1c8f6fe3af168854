import type { Tuning } from '../../../engine/host/protocol.ts';
import type { ExpertDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import type { Stores } from '../../db/index.ts';
import { found } from '../basics/found.ts';

const names = { lora: 'a LoRA adapter', dora: 'a DoRA adapter', ia3: 'an IA3 adapter' } as const;

/** What an expert makes of its model: z, or an adapter with the scaling that it was trained with. */
export function tuningOf(stores: Pick<Stores, 'experts'>, expertId: string): Tuning {
  const { method, name, provenance } = found(stores.experts.get(expertId), `expert ${expertId}`);
  if (method === 'svf') return { method, z: stores.experts.vectors(expertId) };
  if (!provenance.config) throw new SingularError('internal', `The adapter “${name}” has lost its configuration.`);
  return { method, tensors: stores.experts.tensors(expertId), rank: provenance.config.rank, alpha: provenance.config.alpha };
}

/** Throws `conflict` for what has no z. */
export function requireZ(expert: Pick<ExpertDto, 'name' | 'method'>, what: string): void {
  if (expert.method !== 'svf') throw new SingularError('conflict', `“${expert.name}” is ${names[expert.method]} and has no z: ${what}.`);
}

export const cannotBeMixed = 'it cannot be mixed, only evaluated, compared and exported';
