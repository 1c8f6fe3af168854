import type { Feature } from '../../app/feature.ts';
import { router } from '../../app/router.svelte.ts';
import Icon from '@lucide/svelte/icons/layout-grid';
import ExpertScreen from './ExpertScreen.svelte';
import ExpertsScreen from './ExpertsScreen.svelte';
import LikenessScreen from './LikenessScreen.svelte';

const feature: Feature = {
  id: 'experts',
  label: 'Experts',
  path: '/experts',
  icon: Icon,
  order: 2,
  letter: 'e',
  screens: [
    { pattern: '/experts/likeness', component: LikenessScreen },
    { pattern: '/experts/:id', component: ExpertScreen },
    { pattern: '/experts', component: ExpertsScreen },
  ],
  commands: () => [{ id: 'experts-likeness', label: 'Compare experts by their z', keywords: ['distance', 'cosine', 'likeness'], run: () => router.go('/experts/likeness') }],
  keys: [
    { keys: ['/'], does: 'Search the library' },
    { keys: ['↑ ↓', 'Home End'], does: 'Move through the rows' },
    { keys: ['Enter'], does: 'Open the expert' },
    { keys: ['m'], does: 'Put the row’s expert on the desk' },
    { keys: ['F2'], does: 'Rename' },
    { keys: ['Delete'], does: 'Delete, with undo' },
  ],
};
export default feature;
