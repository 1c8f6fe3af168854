import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { MixPartDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import type { MixForm } from '../../../shared/mix.ts';
import type { ServiceContext } from '../context.ts';
import type { ExportInput } from '../runners/exportFiles.ts';

export interface ExportRequest {
  title: string;
  /** of the expert or mix; names the file where no path is given */
  name: string;
  modelId: string;
  /** its own z is written to the bit; without it, the mix of `parts` */
  expertId?: string;
  parts: MixPartDto[];
  form: MixForm;
  metadata: Record<string, string>;
  /** what `path` becomes: a file of z, or an adapter's folder */
  kind?: 'z' | 'adapter';
  /** z as safetensors or an adapter: a path, or the exports folder where undefined; null writes none */
  path?: string | null | undefined;
  /** a merged checkpoint folder: a path, or true for the exports folder */
  merged?: string | true | undefined;
}

/** A name that every file system takes. */
export function fileNameOf(name: string): string {
  const plain = name.replaceAll(/[\p{Cc}<>:"/\\|?*]+/gu, '-').replaceAll(/^[. -]+|[. ]+$/g, '').slice(0, 80);
  return /^(con|prn|aux|nul|com\d|lpt\d)$/i.test(plain) || plain === '' ? `expert-${plain}`.replace(/-$/, '') : plain;
}

export function freePath(folder: string, name: string, extension: string): string {
  for (let copy = 1; ; copy++) {
    const path = join(folder, `${name}${copy === 1 ? '' : ` ${copy}`}${extension}`);
    if (!existsSync(path)) return path;
  }
}

/** A given path is used as it is, and nothing that exists is written over. */
function givenPath(path: string): string {
  const full = resolve(path);
  if (existsSync(full)) throw new SingularError('conflict', `${full} exists already; nothing was written. Choose another name or remove it first.`);
  if (!existsSync(dirname(full))) throw new SingularError('bad-input', `There is no folder ${dirname(full)} to write into.`);
  return full;
}

/** Writes an expert or a mix as a job and waits for it; resolves with what was written. */
export async function exportFiles(context: ServiceContext, request: ExportRequest): Promise<{ path: string; merged?: string }> {
  const { catalog, layout, queue, newId, clock, version } = context;
  const model = await catalog.use(request.modelId);
  const name = fileNameOf(request.name);
  if (request.path === undefined || request.merged === true) mkdirSync(layout.exports, { recursive: true });
  const path = request.path === null ? undefined : request.path === undefined ? freePath(layout.exports, name, request.kind === 'adapter' ? '' : '.safetensors') : givenPath(request.path);
  // the folder that was just found free is not there yet: the merged one must not get the same name
  const mergedName = request.kind === 'adapter' && request.path === undefined ? `${name} merged` : name;
  const merged = request.merged === undefined ? undefined : request.merged === true ? freePath(layout.exports, mergedName, '') : givenPath(request.merged);
  const input: ExportInput = {
    modelId: model.id, weightsHash: model.weightsHash, parts: request.parts, form: request.form, ...(request.expertId !== undefined && { expertId: request.expertId }),
    metadata: {
      name: request.name, base_model: model.hubId ?? model.name, weights_hash: model.weightsHash, created_at: new Date(clock()).toISOString(),
      written_by: `Singular ${version}`, ...request.metadata,
    },
    ...(path !== undefined && { path }), ...(merged !== undefined && { merged }),
  };
  const job = queue.add({
    id: newId(), kind: 'export', title: request.title, runId: null, modelId: model.id, dependsOn: null, input, progress: { unit: 'files' },
  });
  await queue.finished(job.id);
  return { path: path ?? merged ?? '', ...(path !== undefined && merged !== undefined && { merged }) };
}
