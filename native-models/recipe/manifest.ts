/** `native-models/index.json`: what the product finds here. Paths are relative to `native-models/`. */
import { datasetFile } from './files.ts';
import { skills } from './skills/index.ts';
import { splitNames } from './splits.ts';
import type { ModelSettings } from './settings/settings.ts';

export function manifest(allSettings: readonly ModelSettings[]): object {
  const files = (skill: string, hard: boolean): Record<string, string> => Object.fromEntries(splitNames.map((split) => [split, `data/${datasetFile(skill, hard, split)}`]));
  return {
    models: allSettings.map(({ id, license }) => ({
      id,
      folder: id,
      license,
      datasets: skills.map(({ name, description, grader }) => ({
        name,
        description,
        grader,
        mapping: { kind: grader === 'python' ? 'code-tests' : 'prompt-answer', prompt: 'prompt', answer: 'answer', ...(grader === 'python' ? { tests: 'tests' } : {}) },
        files: files(name, false),
        harder: { name: `${name}-hard`, files: files(name, true) },
      })),
    })),
  };
}
