import type { Feature } from '../../app/feature.ts';
import Icon from '@lucide/svelte/icons/settings-2';
import SettingsScreen from './SettingsScreen.svelte';

const feature: Feature = {
  id: 'settings',
  label: 'Settings',
  path: '/settings',
  icon: Icon,
  order: 6,
  letter: 's',
  screens: [{ pattern: '/settings', component: SettingsScreen }],
};
export default feature;
