import TrendingUp from '@lucide/svelte/icons/trending-up';
import { router } from '../../app/router.svelte.ts';
import type { Feature } from '../../app/feature.ts';
import RunScreen from './RunScreen.svelte';
import SetupScreen from './SetupScreen.svelte';
import { setup } from './session.svelte.ts';

const feature: Feature = {
  id: 'train',
  label: 'Train',
  path: '/train',
  icon: TrendingUp,
  order: 3,
  letter: 't',
  screens: [
    { pattern: '/train', component: SetupScreen },
    { pattern: '/train/:runId', component: RunScreen },
  ],
  commands: () => [
    { id: 'train-new', label: 'Train a new expert', keywords: ['dataset', 'file', 'drop'], run: () => { setup.forget(); router.go('/train'); } },
  ],
  keys: [
    { keys: ['←', '→'], does: 'read a curve step by step' },
    { keys: ['Shift', '← →'], does: 'read a curve ten steps at a time' },
  ],
};

export default feature;
