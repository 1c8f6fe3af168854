import { expect, it } from 'vitest';
import type { EvaluatedDto } from '../../shared/contract.ts';
import { evaluatedText, layOf } from './words.ts';

const part = (name: string, alpha: number | number[]): EvaluatedDto['parts'][number] => ({ expertId: `id of ${name}`, name, alpha });

it('what was evaluated is said with its α, and an expert alone at 1 by its name', () => {
  expect(evaluatedText({ parts: [], form: 'base-anchored' })).toBe('the base model');
  expect(evaluatedText({ parts: [part('math', 1)], form: 'base-anchored' })).toBe('math');
  expect(evaluatedText({ parts: [part('math', 0.5), part('code', [0, 1])], form: 'sum' })).toBe('math 0.50 + code by layer, weighed against each other');
  expect(evaluatedText({ parts: [], form: 'base-anchored', adapter: { id: 'a', name: 'dog LoRA' } })).toBe('dog LoRA');
});

it('a mix goes back on the desk as it stood; the base and adapters have no place there', () => {
  const lay = layOf({ modelId: 'm', evaluated: { parts: [part('math', [0.5, 1])], form: 'sum' } });
  expect(lay?.model).toBe('m');
  expect(JSON.parse(lay?.lay ?? '')).toEqual({ parts: [{ expertId: 'id of math', alpha: [0.5, 1] }], form: 'sum' });
  expect(layOf({ modelId: 'm', evaluated: { parts: [], form: 'sum', adapter: { id: 'a', name: 'x' } } })).toBeNull();
  expect(layOf({ modelId: 'm' })).toBeNull();
});
