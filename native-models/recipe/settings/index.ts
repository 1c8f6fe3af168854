import type { ModelSettings } from './settings.ts';
import { settings as tinyLlama } from './tiny-llama.ts';
import { settings as tinyMistral } from './tiny-mistral.ts';

export const allSettings: readonly ModelSettings[] = [tinyLlama, tinyMistral];

export function settingsOf(id: string): ModelSettings {
  const found = allSettings.find((settings) => settings.id === id);
  if (!found) throw new RangeError(`No settings for "${id}"; there are: ${allSettings.map((settings) => settings.id).join(', ')}.`);
  return found;
}
