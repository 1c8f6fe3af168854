/** The files of a checkpoint folder that say how text becomes tokens, parsed but not yet put to work. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SingularError } from '../../shared/errors.ts';
import { errorCode, fileError, readJsonFile } from './files.ts';

const tokenId = z.int().min(0);
/** A special token, written as its text or as an object around it; the text is what counts. */
const tokenSchema = z.union([z.string(), z.looseObject({ content: z.string() }).transform((token) => token.content)]).nullish();
const templateSchema = z.union([z.string(), z.array(z.object({ name: z.string(), template: z.string() }))]);

const tokenizerConfigSchema = z.looseObject({
  bos_token: tokenSchema,
  eos_token: tokenSchema,
  unk_token: tokenSchema,
  sep_token: tokenSchema,
  pad_token: tokenSchema,
  cls_token: tokenSchema,
  mask_token: tokenSchema,
  add_bos_token: z.boolean().nullish(),
  chat_template: templateSchema.nullish(),
});
export type TokenizerConfig = z.output<typeof tokenizerConfigSchema>;

const tokenizerSchema = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: tokenId, content: z.string() })).default([]),
  model: z.looseObject({ vocab: z.union([z.record(z.string(), tokenId), z.array(z.unknown())]) }),
});

const specialIdsSchema = z.looseObject({
  bos_token_id: tokenId.nullish(),
  eos_token_id: z.union([tokenId, z.array(tokenId)]).nullish(),
  vocab_size: z.int().min(1).nullish(),
});

export interface TokenizerFiles {
  /** tokenizer.json, as the tokenizer library takes it */
  tokenizer: object;
  config: TokenizerConfig;
  chatTemplate: string | null;
  bosTokenId: number | null;
  /** from generation_config.json and config.json together: a model stops at any of them */
  eosTokenIds: number[];
  /** rows of the model's embedding, from config.json; null where it does not say */
  embeddings: number | null;
}

export async function readTokenizerFiles(folder: string): Promise<TokenizerFiles> {
  const file = join(folder, 'tokenizer.json');
  const json = await readJsonFile(file, { optional: true });
  if (json === undefined) throw new SingularError('bad-input', `${folder} has no tokenizer.json, so no text can be turned into its tokens.`);
  const tokenizer = tokenizerSchema.safeParse(json);
  if (!tokenizer.success) throw new SingularError('bad-input', `${file} is not a tokenizer: ${firstIssue(tokenizer.error)}.`);
  const config = await readTokenizerConfig(folder);
  const ids = await Promise.all(['generation_config.json', 'config.json'].map((name) => readSpecialIds(join(folder, name))));
  return {
    tokenizer: tokenizer.data,
    config,
    chatTemplate: await readChatTemplate(folder, config),
    bosTokenId: ids.map((one) => one.bos_token_id).find((id) => typeof id === 'number') ?? null,
    eosTokenIds: [...new Set(ids.flatMap((one) => one.eos_token_id ?? []))],
    embeddings: ids.map((one) => one.vocab_size).find((size) => typeof size === 'number') ?? null,
  };
}

async function readTokenizerConfig(folder: string): Promise<TokenizerConfig> {
  const file = join(folder, 'tokenizer_config.json');
  const config = tokenizerConfigSchema.safeParse((await readJsonFile(file, { optional: true })) ?? {});
  if (!config.success) throw new SingularError('bad-input', `${file} cannot be used: ${firstIssue(config.error)}.`);
  return config.data;
}

async function readSpecialIds(file: string): Promise<z.output<typeof specialIdsSchema>> {
  const ids = specialIdsSchema.safeParse((await readJsonFile(file, { optional: true })) ?? {});
  if (!ids.success) throw new SingularError('bad-input', `${file} cannot be used: ${firstIssue(ids.error)}.`);
  return ids.data;
}

/** A chat_template.jinja beside the tokenizer counts before the one inside tokenizer_config.json, as in transformers. */
async function readChatTemplate(folder: string, config: TokenizerConfig): Promise<string | null> {
  const file = join(folder, 'chat_template.jinja');
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw fileError(error, file);
  }
  const template = config.chat_template;
  if (Array.isArray(template)) return template.find((one) => one.name === 'default')?.template ?? null;
  return template ?? null;
}

/** Whether the model brings a chat template; a tokenizer that cannot be read has none. */
export async function hasChatTemplate(folder: string): Promise<boolean> {
  try {
    return (await readChatTemplate(folder, await readTokenizerConfig(folder))) !== null;
  } catch (error) {
    if (error instanceof SingularError) return false;
    throw error;
  }
}

const firstIssue = (error: z.ZodError): string => {
  const issue = error.issues[0];
  return issue ? `${issue.path.length > 0 ? `“${issue.path.join('.')}”: ` : ''}${issue.message}` : 'unreadable';
};
