/** What the recipe writes beside the weights, as path → text: tokenizer, configuration, datasets. Pure. */
import { makeDocument } from './corpus.ts';
import { everydayCounts, everydayRows } from './everyday.ts';
import { createRandom } from './random.ts';
import { skills } from './skills/index.ts';
import { makeRows, splitNames } from './splits.ts';
import { chatFormats, createEncoder, tokenizerFiles, trainTokenizer, type Encoder, type TrainedTokenizer } from './tokenizer.ts';
import type { ModelSettings } from './settings/settings.ts';

/** documents the tokenizer is trained on; more change nothing, the world has few words */
const tokenizerDocuments = 20_000;

export function trainModelTokenizer(settings: ModelSettings): TrainedTokenizer {
  const random = createRandom(settings.seed, 'tokenizer');
  const texts = Array.from({ length: tokenizerDocuments }, () => makeDocument(random, settings.data, settings.training.phases[0].options)).flatMap(({ prompt = '', given = '', text }) => [prompt, given + text]);
  return trainTokenizer(texts, settings.vocabularySize, chatFormats[settings.chat]);
}

export const modelEncoder = (settings: ModelSettings): Encoder => createEncoder(trainModelTokenizer(settings), chatFormats[settings.chat]);

export function modelConfig(settings: ModelSettings): Record<string, unknown> {
  const mistral = settings.architecture.model_type === 'mistral';
  return {
    architectures: [mistral ? 'MistralForCausalLM' : 'LlamaForCausalLM'],
    ...settings.architecture,
    vocab_size: settings.vocabularySize,
    hidden_act: 'silu',
    attention_bias: false,
    mlp_bias: false,
    tie_word_embeddings: true,
    initializer_range: settings.training.initDeviation,
    bos_token_id: 1,
    eos_token_id: 2,
    pad_token_id: 2,
    torch_dtype: 'float32',
  };
}

const jsonLines = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const json = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;

/** Files of the model's folder, by name. */
export function modelFiles(settings: ModelSettings): Map<string, string> {
  const { tokenizer, config } = tokenizerFiles(trainModelTokenizer(settings), chatFormats[settings.chat], settings.architecture.max_position_embeddings);
  return new Map([
    ['config.json', json(modelConfig(settings))],
    ['generation_config.json', json({ bos_token_id: 1, eos_token_id: 2, pad_token_id: 2, do_sample: false })],
    ['tokenizer.json', json(tokenizer)],
    ['tokenizer_config.json', json(config)],
  ]);
}

export const datasetFile = (skill: string, hard: boolean, split: string): string => `${skill}${hard ? '-hard' : ''}/${split}.jsonl`;

/** All models are trained, tested and compared on the same rows. */
export const dataSeed = 1;

/** Files of the data folder, by name. All models share them: they come from one seed. */
export function dataFiles(settings: ModelSettings, seed: number): Map<string, string> {
  const files = new Map<string, string>();
  for (const skill of skills) {
    for (const hard of [false, true]) {
      for (const split of splitNames) {
        const count = (hard ? settings.data.hardRows : settings.data.rows)[split];
        files.set(datasetFile(skill.name, hard, split), jsonLines(makeRows(skill, hard, split, count, seed)));
      }
    }
  }
  for (const split of splitNames) files.set(datasetFile('everyday', false, split), jsonLines(everydayRows(split, everydayCounts[split], seed)));
  return files;
}
