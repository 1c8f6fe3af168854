/** `native-models/index.json`: what the product finds here. Paths are relative to `native-models/`. */
import type { ColumnMapping } from '../../src/shared/contract.ts';
import { datasetFile } from './files.ts';
import { skills } from './skills/index.ts';
import type { Skill } from './skills/skill.ts';
import { splitNames } from './splits.ts';
import type { ModelSettings } from './settings/settings.ts';

const mappings: Record<Skill['grader'], ColumnMapping> = {
  number: { kind: 'prompt-answer', prompt: 'prompt', answer: 'answer' },
  choice: { kind: 'choices', prompt: 'prompt', choices: 'choices', answer: 'answer', demonstration: 'working' },
  python: { kind: 'code-tests', prompt: 'prompt', answer: 'answer', tests: 'tests' },
};

/** How the product reads our rows. */
export const mappingOf = ({ grader }: Pick<Skill, 'grader'>): ColumnMapping =>
  mappings[grader];

export function manifest(allSettings: readonly ModelSettings[]): object {
  const files = (skill: string, hard: boolean): Record<string, string> => Object.fromEntries(splitNames.map((split) => [split, `data/${datasetFile(skill, hard, split)}`]));
  return {
    // for no skill: what a dispatcher learns to leave to the base
    others: {
      name: 'everyday',
      description: 'Questions for none of the skills, as people ask them besides; without answers. Dispatchers learn from them what to leave to the base.',
      grader: 'contains:',
      mapping: { kind: 'prompt-only', prompt: 'prompt' } satisfies ColumnMapping,
      files: files('everyday', false),
    },
    models: allSettings.map(({ id, license }) => ({
      id,
      folder: id,
      license,
      datasets: skills.map(({ name, description, grader }) => ({
        name,
        description,
        grader,
        mapping: mappingOf({ grader }),
        files: files(name, false),
        harder: { name: `${name}-hard`, files: files(name, true) },
      })),
    })),
  };
}
