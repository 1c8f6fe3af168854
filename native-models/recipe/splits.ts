/**
 * Which split a question belongs to is decided by its text alone, so that no question is ever in two of them, nor in
 * the pretraining text: that keeps to the questions that fall in none.
 */
import { hashText, createRandom, type Random } from './random.ts';
import { withCue, type Problem, type Skill } from './skills/skill.ts';

export type Split = 'train' | 'validation' | 'test';
export const splitNames: readonly Split[] = ['train', 'validation', 'test'];
const bounds: Record<Split, [number, number]> = { train: [0, 25], validation: [25, 29], test: [29, 36] };

export function splitOf(identity: string): Split | 'pretraining' {
  const bucket = hashText(`split ${identity}`) % 100;
  return splitNames.find((split) => bucket >= bounds[split][0] && bucket < bounds[split][1]) ?? 'pretraining';
}

export interface Row extends Record<string, unknown> { prompt: string; answer: string; family: string }

/** `count` different questions of one split, each with a cue, in random order. */
export function makeRows(skill: Skill, hard: boolean, split: Split, count: number, seed: number): Row[] {
  const random = createRandom(seed, `rows ${skill.name} ${hard ? 'hard' : 'seen'} ${split}`);
  const cues = skill.cues.filter(({ inRows }) => inRows !== false);
  const rows: Row[] = [];
  const seen = new Set<string>();
  for (let draws = 0; rows.length < count; draws++) {
    if (draws > 500 * count) throw new RangeError(`${skill.name}: only ${rows.length} of ${count} different ${split} rows were found`);
    const problem = draw(skill, hard, random);
    if (splitOf(problem.identity) !== split || seen.has(problem.identity)) continue;
    seen.add(problem.identity);
    rows.push({ prompt: withCue(random.pick(cues), problem.rowPrompt ?? problem.statement), answer: problem.reference, family: problem.family, ...problem.columns });
  }
  return rows;
}

const draw = (skill: Skill, hard: boolean, random: Random): Problem => (hard ? skill.hardProblem(random) : skill.problem(random));
