import type { Feature } from '../../app/feature.ts';
import Icon from '@lucide/svelte/icons/list-todo';
import JobsScreen from './JobsScreen.svelte';

const feature: Feature = {
  id: 'jobs',
  label: 'Jobs',
  path: '/jobs',
  icon: Icon,
  order: 5,
  letter: 'j',
  screens: [{ pattern: '/jobs', component: JobsScreen }],
};
export default feature;
