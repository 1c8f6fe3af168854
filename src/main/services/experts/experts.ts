import { basename, extname } from 'node:path';
import type { TrainedTensor } from '../../../engine/host/protocol.ts';
import type { ExpertDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import type { ZVectors } from '../../../shared/matrices.ts';
import { quickPreset, trainingConfigSchema } from '../../../shared/training.ts';
import type { NewExpert } from '../../db/index.ts';
import { found } from '../basics/found.ts';
import type { ServiceContext } from '../context.ts';
import { requireFile } from '../datasets/datasets.ts';
import type { HandlerGroup } from '../handlers.ts';
import type { UsableModel } from '../models/catalog.ts';
import { startControl } from './control.ts';
import { exportFiles } from './exports.ts';
import { requireZ } from './tuning.ts';
import { cosineOf, differenceOf } from './zDistance.ts';
import { storedBins, zMapOf } from './zMap.ts';

/** Stores an expert under the wanted name, or that name with a number where it is taken. */
export function addExpert(context: Pick<ServiceContext, 'stores' | 'events'>, expert: NewExpert, tensors: Record<string, TrainedTensor>, layers: number): ExpertDto {
  const { stores, events } = context;
  const stored = stores.atomically(() => {
    // a comparison's experts keep the names of their cells, which are no names of the library
    const name = expert.comparisonId === undefined ? stores.experts.freeName(expert.name) : expert.name;
    const z = expert.method === 'svf' ? Object.fromEntries(Object.entries(tensors).map(([matrix, { data }]) => [matrix, data])) : {};
    stores.experts.add({ ...expert, name }, tensors, zMapOf(z, layers, storedBins));
    return found(stores.experts.get(expert.id), `expert ${expert.id}`);
  });
  events.emit('experts.changed', null);
  return stored;
}

export const asTensors = (z: ZVectors): Record<string, TrainedTensor> => Object.fromEntries(Object.entries(z).map(([name, data]) => [name, { data, shape: [data.length] }]));

const orUndefined = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};

/** What another program, or a person, wrote into the metadata is taken only where it has the right form. */
function provenanceOf(metadata: Record<string, string>, fileName: string): ExpertDto['provenance'] {
  const seed = Number(metadata['seed'] ?? NaN);
  const config = metadata['config'] === undefined ? undefined : orUndefined(() => trainingConfigSchema.parse({ ...quickPreset, ...JSON.parse(metadata['config'] ?? '') as object }));
  return {
    fileName,
    ...(metadata['dataset_name'] !== undefined && { datasetName: metadata['dataset_name'] }),
    ...(metadata['dataset_hash'] !== undefined && { datasetHash: metadata['dataset_hash'] }),
    ...(metadata['grader'] !== undefined && { grader: metadata['grader'] }),
    ...(Number.isSafeInteger(seed) && { seed }),
    ...(config && { config }),
  };
}

export function expertHandlers(context: ServiceContext): HandlerGroup<'experts'> {
  const { stores, catalog, engine, events, clock, newId, vectors } = context;
  const expert = (id: string): ExpertDto => found(stores.experts.get(id), `expert ${id}`);
  const liveExpert = (id: string): ExpertDto => {
    const dto = expert(id);
    if (dto.deletedAt !== undefined) throw new SingularError('not-found', `The expert “${dto.name}” was removed.`);
    return dto;
  };

  /** The model that an expert file belongs to: the one that was named, or the one with the file's weights. */
  const modelFor = async (metadata: Record<string, string>, fileName: string, modelId: string | undefined): Promise<UsableModel> => {
    if (modelId !== undefined) return catalog.use(modelId);
    const hash = metadata['weights_hash'] ?? '';
    const match = stores.models.byWeightsHash(hash)[0];
    if (match) return catalog.usable(match.id);
    const base = metadata['base_model'];
    throw new SingularError('conflict', `${fileName} was made for ${base ? `“${base}”` : 'another model'} (weights ${hash.slice(0, 12) || 'unknown'}), and no model here has these weights.`);
  };

  return {
    'experts.list': (input) => ({ ...stores.experts.list(input), tags: stores.experts.tags() }),
    'experts.get': ({ id }) => expert(id),
    'experts.zmap': ({ id, bins }) => {
      const { modelId, name, method } = expert(id);
      requireZ({ name, method }, 'there is no picture of it');
      const stored = bins === storedBins ? stores.experts.zMap(id) : undefined;
      return stored ?? zMapOf(vectors.ofExpert(id), stores.models.get(modelId)?.facts?.layers ?? 0, bins);
    },
    'experts.difference': ({ a, b, bins }) => {
      const [first, second] = [expert(a), expert(b)];
      for (const dto of [first, second]) requireZ(dto, 'there is nothing to compare matrix by matrix');
      if (first.weightsHash !== second.weightsHash) throw new SingularError('conflict', `“${first.name}” belongs to ${first.modelName} and “${second.name}” to ${second.modelName}: their singular values are not the same.`);
      return zMapOf(differenceOf(vectors.ofExpert(a), vectors.ofExpert(b)), stores.models.get(first.modelId)?.facts?.layers ?? 0, bins);
    },
    'experts.distances': ({ ids }) => {
      const list = ids.map(expert);
      for (const dto of list) requireZ(dto, 'its distance to others is not defined');
      const z = ids.map((id) => stores.experts.vectors(id));
      return {
        experts: list.map(({ id, name }) => ({ id, name })),
        cosine: list.map((one, i) => list.map((other, j) => (one.weightsHash === other.weightsHash ? cosineOf(z[i], z[j]) : null))),
      };
    },
    'experts.control': (input) => startControl(context, liveExpert(input.id), input.seed),
    'experts.update': ({ id, name, tags, description }) => {
      liveExpert(id);
      const cleanTags = tags && [...new Set(tags.map((tag) => tag.trim()).filter(Boolean))];
      stores.atomically(() => {
        const other = name === undefined ? undefined : stores.experts.byName(name);
        if (other && other.id !== id) throw new SingularError('conflict', `An expert named “${name}” is already there; choose another name.`);
        stores.experts.update(id, { name, tags: cleanTags, description });
      });
      events.emit('experts.changed', null);
      return expert(id);
    },
    'experts.duplicate': ({ id }) => {
      const original = liveExpert(id);
      const copy: NewExpert = { ...original, id: newId(), source: 'duplicate', createdAt: clock(), provenance: { ...original.provenance, parentId: id } };
      delete copy.comparisonId;
      return addExpert(context, copy, stores.experts.tensors(id), stores.models.get(original.modelId)?.facts?.layers ?? 0);
    },
    'experts.remove': ({ id }) => {
      liveExpert(id);
      stores.experts.markDeleted(id, clock());
      events.emit('experts.changed', null);
      return null;
    },
    'experts.restore': ({ id }) => {
      const { name, deletedAt } = expert(id);
      if (deletedAt !== undefined) {
        stores.atomically(() => stores.experts.restore(id, stores.experts.freeName(name)));
        events.emit('experts.changed', null);
      }
      return expert(id);
    },
    'experts.import': async ({ path, name, modelId }) => {
      requireFile(path);
      await catalog.ready();
      const fileName = basename(path);
      const { metadata } = await engine.call('importZ', { path });
      const model = await modelFor(metadata, fileName, modelId);
      const { z } = await engine.call('importZ', { path, against: model.facts });
      return addExpert(context, {
        id: newId(), name: name ?? (metadata['name']?.trim().slice(0, 120) || basename(path, extname(path))), modelId: model.id, weightsHash: model.weightsHash,
        tags: [], description: metadata['description']?.slice(0, 2000) ?? '', createdAt: clock(), source: 'imported', method: 'svf', provenance: provenanceOf(metadata, fileName),
      }, asTensors(z), model.facts.layers);
    },
    'experts.export': async ({ id, path, merged }) => {
      const dto = liveExpert(id);
      const { config, datasetName, datasetHash, grader, seed, parentId } = dto.provenance;
      const optional = {
        description: dto.description, tags: JSON.stringify(dto.tags), dataset_name: datasetName, dataset_hash: datasetHash, grader,
        seed: seed?.toString(), config: config && JSON.stringify(config), parent: parentId, base_score: dto.baseScore?.toString(), score: dto.score?.toString(), control_score: dto.control?.score.mean.toString(),
      };
      const metadata = Object.fromEntries(Object.entries(optional).filter((entry): entry is [string, string] => entry[1] !== undefined));
      return exportFiles(context, { title: `Export “${dto.name}”`, name: dto.name, modelId: dto.modelId, expertId: id, parts: [{ expertId: id, alpha: 1, muted: false, solo: false }], form: 'base-anchored', metadata, path, merged, kind: dto.method === 'svf' ? 'z' : 'adapter' });
    },
  };
}
