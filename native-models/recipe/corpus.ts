/** The pretraining text: an endless stream of documents, packed into rows of equal length. */
import { drill } from './drills.ts';
import { demonstrate } from './quality.ts';
import { createRandom, type Random } from './random.ts';
import { phaseOf } from './schedule.ts';
import { splitOf } from './splits.ts';
import { facts, story, sums } from './stories.ts';
import { skills } from './skills/index.ts';
import type { OptionStyle, Skill } from './skills/skill.ts';
import type { Encoder } from './tokenizer.ts';
import type { ModelSettings } from './settings/settings.ts';

/** A chat (prompt and answer) or plain text (no prompt), of which a first part may be `given`. */
export interface Document { kind: string; prompt?: string; given?: string; text: string }

export function makeDocument(random: Random, data: ModelSettings['data'], options: OptionStyle): Document {
  let draw = random.next();
  for (const [kind, share] of Object.entries(data.documents)) {
    draw -= share;
    if (draw < 0) return documentOf(kind, random, data, options);
  }
  return documentOf('stories', random, data, options);
}

function documentOf(kind: string, random: Random, data: ModelSettings['data'], options: OptionStyle): Document {
  const skill = skills.find((candidate) => candidate.name === kind);
  if (skill) return demonstration(skill, random, data, options);
  if (kind === 'sums') return { kind, text: sums(random) };
  if (kind === 'drills') return { kind, ...drill(random, options) };
  return { kind, text: random.chance(0.75) ? story(random) : facts(random) };
}

function demonstration(skill: Skill, random: Random, data: ModelSettings['data'], options: OptionStyle): Document {
  for (;;) {
    const problem = skill.problem(random, options);
    if (splitOf(problem.identity) !== 'pretraining') continue;
    const { prompt, answer } = demonstrate(random, skill, problem, data);
    return { kind: skill.name, prompt, text: answer };
  }
}

/** [rows, tokens] ids, their successors, and the weight of predicting each successor. */
export interface Batch { rows: number; tokens: number; ids: Int32Array; targets: Int32Array; mask: Float32Array }

/**
 * The batch of one step, from the seed and the step's number alone: a run resumes anywhere without replaying its text.
 * Rows hold whole documents; what no document fits is padding of weight 0.
 */
export function makeBatch(settings: ModelSettings, encoder: Encoder, step: number): Batch {
  const { batchRows: rows, rowTokens: tokens } = settings.training;
  const { options } = phaseOf(settings.training.phases, step).phase;
  const random = createRandom(settings.seed, `step ${step}`);
  const batch: Batch = { rows, tokens, ids: new Int32Array(rows * tokens), targets: new Int32Array(rows * tokens), mask: new Float32Array(rows * tokens) };
  const pending: EncodedDocument[] = [];
  for (let row = 0; row < rows; row++) {
    const { ids, weights } = packRow(tokens + 1, pending, () => encodeDocument(makeDocument(random, settings.data, options), settings, encoder), encoder.special.eos);
    batch.ids.set(ids.subarray(0, tokens), row * tokens);
    batch.targets.set(ids.subarray(1), row * tokens);
    batch.mask.set(weights.subarray(1), row * tokens);
  }
  return batch;
}

interface EncodedDocument { ids: number[]; weights: number[] }

/** Fills one row with the largest documents at hand that fit; `pending` carries what is left to the next row. */
function packRow(length: number, pending: EncodedDocument[], next: () => EncodedDocument, padding: number): { ids: Int32Array; weights: Float32Array } {
  const ids = new Int32Array(length).fill(padding);
  const weights = new Float32Array(length);
  let filled = 0;
  for (;;) {
    while (pending.length < 24) pending.push(next());
    const room = length - filled;
    // the oldest while there is room for choice, so that no length is favoured; the best fit at the end
    let found = room > 90 ? 0 : -1;
    if (found < 0) pending.forEach((document, i) => { if (document.ids.length <= room && document.ids.length > (pending[found]?.ids.length ?? 0)) found = i; });
    const document = found < 0 ? undefined : pending.splice(found, 1)[0];
    if (!document) return { ids, weights };
    ids.set(document.ids.slice(0, room), filled);
    weights.set(document.weights.slice(0, room), filled);
    filled += Math.min(document.ids.length, room);
  }
}

function encodeDocument(document: Document, settings: ModelSettings, encoder: Encoder): EncodedDocument {
  const { bos, eos } = encoder.special;
  const { promptWeight } = settings.training;
  const prompt = document.prompt === undefined ? [bos, ...encoder.encode(document.given ?? '')] : encoder.encodeChatPrompt(document.prompt);
  const answer = [...encoder.encode(document.text), eos];
  return { ids: [...prompt, ...answer], weights: [...prompt.map((_, i) => (i === 0 ? 0 : promptWeight)), ...answer.map(() => 1)] };
}
