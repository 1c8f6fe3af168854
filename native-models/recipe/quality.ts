/**
 * Who answers how. As on the web, half of the demonstrations are careful and nearly always right, the others come
 * from people in a hurry. Which of the two a question meets depends on its cue ("Step by step." or "Quick!") and,
 * where the cue is undecided, on a habit: some askers' questions are mostly met with care, some mostly without.
 * So the base model's score sits near one half by *style*, and an expert can raise it by preferring one style.
 */
import { hashText, type Random } from './random.ts';
import { withCue, type Cue, type Problem, type Skill } from './skills/skill.ts';
import type { ModelSettings } from './settings/settings.ts';

type Rates = Pick<ModelSettings['data'], 'carefulSlip' | 'habitShift'>;

export function carefulRate(cue: Cue, habit: string, rates: Rates): number {
  const undecided = cue.careful > 0.25 && cue.careful < 0.75;
  if (!undecided) return cue.careful;
  return cue.careful + (hashText(habit) % 2 === 0 ? rates.habitShift : -rates.habitShift);
}

export interface Demonstration { prompt: string; answer: string; careful: boolean }

export function demonstrate(random: Random, skill: Skill, problem: Problem, rates: Rates): Demonstration {
  const cue = random.pick(skill.cues);
  const careful = random.chance(carefulRate(cue, problem.habit, rates));
  const right = careful && !random.chance(rates.carefulSlip);
  return { prompt: withCue(cue, problem.statement), answer: right ? problem.reference : problem.sloppy(random), careful };
}
