import type { Feature } from '../../app/feature.ts';
import Icon from '@lucide/svelte/icons/box';
import ModelsScreen from './ModelsScreen.svelte';

const feature: Feature = {
  id: 'models',
  label: 'Models',
  path: '/models',
  icon: Icon,
  order: 4,
  letter: 'o',
  screens: [{ pattern: '/models', component: ModelsScreen }],
};
export default feature;
