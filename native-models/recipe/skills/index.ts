import { code } from './code.ts';
import { math } from './math.ts';
import { reasoning } from './reasoning.ts';
import type { Skill } from './skill.ts';

export const skills: readonly Skill[] = [math, code, reasoning];
