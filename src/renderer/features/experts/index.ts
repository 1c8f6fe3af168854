import type { Feature } from '../../app/feature.ts';
import Icon from '@lucide/svelte/icons/layout-grid';
import ExpertScreen from './ExpertScreen.svelte';
import ExpertsScreen from './ExpertsScreen.svelte';

const feature: Feature = {
  id: 'experts',
  label: 'Experts',
  path: '/experts',
  icon: Icon,
  order: 2,
  letter: 'e',
  screens: [
    { pattern: '/experts/:id', component: ExpertScreen },
    { pattern: '/experts', component: ExpertsScreen },
  ],
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
