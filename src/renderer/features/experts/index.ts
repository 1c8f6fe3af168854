import type { Feature } from '../../app/feature.ts';
import Icon from '@lucide/svelte/icons/layout-grid';
import ExpertsScreen from './ExpertsScreen.svelte';

const feature: Feature = {
  id: 'experts',
  label: 'Experts',
  path: '/experts',
  icon: Icon,
  order: 2,
  letter: 'e',
  screens: [{ pattern: '/experts', component: ExpertsScreen }],
};
export default feature;
