import { isDeepStrictEqual } from 'node:util';
import type { MixDto, MixPartDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import { found } from '../basics/found.ts';
import { commandLine } from '../basics/quote.ts';
import type { ServiceContext } from '../context.ts';
import { exportFiles } from '../experts/exports.ts';
import { cannotBeMixed, requireZ } from '../experts/tuning.ts';
import { zMapOf } from '../experts/zMap.ts';
import type { HandlerGroup } from '../handlers.ts';
import { mixOptions } from './command.ts';
import { soundingParts } from './vectors.ts';

export function mixHandlers(context: ServiceContext): HandlerGroup<'mixes'> {
  const { stores, catalog, events, clock, newId, vectors, platform } = context;

  /** What an exported mix says about its parents. */
  const parents = (parts: readonly MixPartDto[]): string => JSON.stringify(soundingParts(parts).map((part) => {
    const expert = found(stores.experts.get(part.expertId), `expert ${part.expertId}`);
    const { datasetHash, seed } = expert.provenance;
    return {
      name: expert.name, alpha: part.alpha, weights_hash: expert.weightsHash,
      ...(datasetHash !== undefined && { dataset_hash: datasetHash }), ...(seed !== undefined && { seed }),
    };
  }));

  return {
    'mixes.list': ({ modelId }) => stores.mixes.list(modelId),
    'mixes.save': ({ id, name, modelId, parts, form }) => {
      found(stores.models.get(modelId), `model “${modelId}”`);
      for (const part of parts) {
        const expert = found(stores.experts.get(part.expertId), `expert ${part.expertId}`);
        requireZ(expert, cannotBeMixed);
        if (expert.comparisonId !== undefined) throw new SingularError('conflict', `“${expert.name}” belongs to a comparison; keep it in the library before it is mixed.`);
      }
      const saved = stores.atomically((): MixDto => {
        const before = id === undefined ? undefined : found(stores.mixes.get(id), `mix ${id}`);
        const other = stores.mixes.byName(modelId, name);
        if (other && other.id !== id) throw new SingularError('conflict', `A mix named “${name}” is already there; choose another name.`);
        const mix: MixDto = { id: before?.id ?? newId(), name, modelId, parts, form, createdAt: before?.createdAt ?? clock(), updatedAt: clock(),
          // renamed it is still what the search found; with other parts it is not
          ...(before?.searchId !== undefined && before.form === form && isDeepStrictEqual(before.parts, parts) && { searchId: before.searchId }) };
        stores.mixes.save(mix);
        return mix;
      });
      events.emit('mixes.changed', null);
      return saved;
    },
    'mixes.remove': ({ id }) => {
      found(stores.mixes.get(id), `mix ${id}`);
      stores.mixes.remove(id);
      events.emit('mixes.changed', null);
      return null;
    },
    'mixes.export': async ({ modelId, name, parts, form, path, kind }) => {
      const model = await catalog.use(modelId);
      // refused now rather than by the job: a part that is gone or of another model
      if (!vectors.mixed({ parts, form }, model) && kind === 'z') throw new SingularError('bad-input', `Every fader of “${name}” is at 0: this is the base model, and there is no z to write.`);
      return exportFiles(context, {
        title: `Export mix “${name}”`, name, modelId, parts, form, metadata: { parts: parents(parts), mix_form: form },
        ...(kind === 'z' ? { path } : { path: null, merged: path ?? true }),
      });
    },
    'mixes.zmap': async ({ modelId, parts, form, bins }) => {
      const model = await catalog.use(modelId);
      return zMapOf(vectors.mixed({ parts, form }, model) ?? {}, model.facts.layers, bins);
    },
    'mixes.command': ({ modelId, parts, form, prompt, raw, sampling }) => ({
      command: commandLine('generate', [
        ['model', modelId], ['prompt', prompt], ...mixOptions(context, { parts, form }), ['max-tokens', String(sampling.maxTokens)],
        ['temperature', String(sampling.temperature)], ['seed', String(sampling.seed)], ...(raw ? [['raw', true] as const] : []),
      ], platform),
    }),
  };
}
