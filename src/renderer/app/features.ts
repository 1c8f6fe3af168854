/** The one table of features. A new screen is a folder here and nothing else. */
import type { Feature } from './feature.ts';

const modules = import.meta.glob<{ default: Feature }>('../features/*/index.ts', { eager: true });

export const features: readonly Feature[] = Object.values(modules)
  .map((module) => module.default)
  .sort((a, b) => a.order - b.order);
