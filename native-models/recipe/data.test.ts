import { describe, expect, it } from 'vitest';
import { makeBatch, makeDocument } from './corpus.ts';
import { dataFiles, modelEncoder, modelFiles } from './files.ts';
import { carefulRate, demonstrate } from './quality.ts';
import { createRandom } from './random.ts';
import { calculate } from './skills/math.ts';
import { skills } from './skills/index.ts';
import { makeRows, splitNames, splitOf, type Row } from './splits.ts';
import { settings } from './settings/tiny-llama.ts';

const files = dataFiles(settings, 1);
const rowsOf = (name: string): Row[] => (files.get(name) ?? '').trim().split('\n').map((line) => JSON.parse(line) as Row);
const letters = ['A', 'B', 'C', 'D'];
const choicesOf = (row: Row): string[] => (Array.isArray(row.choices) ? row.choices.map(String) : []);
/** what the model is asked: the options, where there are some, below the prompt */
const asked = (row: Row): string => [row.prompt, ...choicesOf(row).map((choice, i) => `${letters[i]}. ${choice}`)].join('\n');
/** the first phase of pretraining lists options with brackets */
const dotted = (prompt: string): string => prompt.replace(/\n([A-D])\) /g, '\n$1. ');

describe('the datasets', () => {
  it('are the same bytes from the same seed, and others from another', () => {
    const [math] = skills;
    expect(makeRows(math, false, 'test', 40, 1)).toEqual(makeRows(math, false, 'test', 40, 1));
    expect(makeRows(math, false, 'test', 40, 2)).not.toEqual(makeRows(math, false, 'test', 40, 1));
    expect([...modelFiles(settings)]).toEqual([...modelFiles(settings)]);
  });

  it('hold the promised numbers of rows', () => {
    for (const { name } of skills) {
      expect(rowsOf(`${name}/train.jsonl`).length).toBeGreaterThanOrEqual(2000);
      expect(rowsOf(`${name}/validation.jsonl`).length).toBeGreaterThanOrEqual(300);
      expect(rowsOf(`${name}/test.jsonl`).length).toBeGreaterThanOrEqual(500);
      expect(rowsOf(`${name}-hard/test.jsonl`).length).toBeGreaterThanOrEqual(500);
    }
    expect([...files.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0)).toBeLessThan(6_000_000);
  });

  it('share no question between splits, whatever cue stands around it', () => {
    for (const { name, cues } of skills) {
      for (const suffix of ['', '-hard']) {
        const seen = new Map<string, string>();
        for (const split of splitNames) {
          for (const prompt of rowsOf(`${name}${suffix}/${split}.jsonl`).map(asked)) {
            // every cue that could have been put around the question is taken off
            const cores = cues.filter(({ before, after }) => prompt.startsWith(before) && prompt.endsWith(after)).map(({ before, after }) => prompt.slice(before.length, prompt.length - after.length));
            for (const core of cores) {
              expect(seen.get(core) ?? split, core).toBe(split);
              seen.set(core, split);
            }
          }
        }
      }
    }
  });

  it('have right arithmetic in every math reference', () => {
    for (const name of ['math', 'math-hard']) {
      for (const split of splitNames) {
        for (const { answer, prompt } of rowsOf(`${name}/${split}.jsonl`)) {
          const lines = answer.split('\n');
          let total = NaN;
          for (const line of lines.slice(0, -1)) {
            const [, left, operation, right, result] = /^(\d+)([-+*/])(\d+)=(\d+)$/.exec(line) ?? [];
            const value = calculate({ left: Number(left), operation: operation as '+', right: Number(right) });
            expect(value, answer).toBe(Number(result));
            // each step starts from the last, or from numbers of the question
            expect(Number.isNaN(total) || Number(left) === total, answer).toBe(true);
            if (Number.isNaN(total)) expect(prompt).toMatch(new RegExp(`\\b${left}\\b`));
            expect(prompt).toMatch(new RegExp(`\\b${right}\\b`));
            total = value;
          }
          expect(lines.at(-1)).toBe(`#### ${total}`);
          expect(Number.isInteger(total) && total >= 0, answer).toBe(true);
        }
      }
    }
  });

  it('offer four different options, one of which the answer names', () => {
    for (const name of ['reasoning', 'reasoning-hard']) {
      for (const split of splitNames) {
        for (const row of rowsOf(`${name}/${split}.jsonl`)) {
          const options = choicesOf(row);
          expect(options).toHaveLength(4);
          expect(new Set(options).size, asked(row)).toBe(4);
          expect(String(row.working), asked(row)).toMatch(new RegExp(` Answer: ${options[letters.indexOf(row.answer)]}\\.$`));
        }
      }
    }
  });

  it('order people as the question says', () => {
    const ordered = rowsOf('reasoning/train.jsonl').concat(rowsOf('reasoning-hard/train.jsonl')).filter(({ family }) => family.startsWith('ordering'));
    expect(ordered.length).toBeGreaterThan(300);
    for (const row of ordered) {
      const { prompt, answer } = row;
      const above = [...prompt.matchAll(/(\w+) is \w+ than (\w+)\./g)].map(([, high, low]) => [high, low] as const);
      const top = above.find(([high]) => !above.some(([, low]) => low === high))?.[0];
      const bottom = above.find(([, low]) => !above.some(([high]) => high === low))?.[1];
      const wanted = /(oldest|tallest|fastest|richest)\?/.test(prompt) ? top : bottom;
      expect(choicesOf(row)[letters.indexOf(answer)]).toBe(wanted);
    }
  });
});

describe('the pretraining text', () => {
  const encoder = modelEncoder(settings);

  it('asks no question of any split', () => {
    const held = new Set(skills.flatMap(({ name }) => splitNames.flatMap((split) => rowsOf(`${name}/${split}.jsonl`).map(asked))));
    const random = createRandom(5);
    for (let i = 0; i < 20_000; i++) {
      for (const options of ['bracketed', 'dotted'] as const) {
        const { prompt } = makeDocument(random, settings.data, options);
        if (prompt !== undefined) expect(held.has(dotted(prompt)), prompt).toBe(false);
      }
    }
  });

  it('mixes careful and hurried answers at the documented rates', () => {
    const random = createRandom(6);
    for (const skill of skills) {
      const count = 4000;
      const careful = Array.from({ length: count }, () => demonstrate(random, skill, skill.problem(random), settings.data)).filter((demonstration) => demonstration.careful).length;
      const mean = skill.cues.reduce((sum, cue) => sum + cue.careful, 0) / skill.cues.length;
      expect(Math.abs(careful / count - mean)).toBeLessThan(0.08);
      for (const cue of skill.cues) expect(carefulRate(cue, 'Tom', settings.data)).toBeGreaterThan(0);
    }
  });

  it('packs the same batch for the same step, with whole documents and successors as targets', () => {
    const first = makeBatch(settings, encoder, 7);
    expect(makeBatch(settings, encoder, 7)).toEqual(first);
    expect(makeBatch(settings, encoder, 8).ids).not.toEqual(first.ids);
    const { rows, tokens, ids, targets, mask } = first;
    for (let row = 0; row < rows; row++) {
      expect(ids[row * tokens]).toBe(encoder.special.bos);
      for (let i = 1; i < tokens; i++) expect(targets[row * tokens + i - 1]).toBe(ids[row * tokens + i]);
    }
    expect(mask.filter((weight) => weight === 0).length / mask.length).toBeLessThan(0.12);
    // a document's first token follows from nothing
    for (let i = 0; i < targets.length; i++) if (targets[i] === encoder.special.bos) expect(mask[i]).toBe(0);
  });

  it('splits by the question alone', () => {
    expect(splitOf('How many?')).toBe(splitOf('How many?'));
  });
});
