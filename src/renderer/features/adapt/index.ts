import Waypoints from '@lucide/svelte/icons/waypoints';
import type { Feature } from '../../app/feature.ts';
import { router } from '../../app/router.svelte.ts';
import AdaptScreen from './AdaptScreen.svelte';
import NewScreen from './NewScreen.svelte';
import SearchScreen from './SearchScreen.svelte';

const feature: Feature = {
  id: 'adapt',
  label: 'Adapt',
  path: '/adapt',
  icon: Waypoints,
  order: 3.2,
  letter: 'a',
  screens: [
    { pattern: '/adapt/new', component: NewScreen },
    { pattern: '/adapt/:id', component: SearchScreen },
    { pattern: '/adapt', component: AdaptScreen },
  ],
  commands: () => [{ id: 'adapt-new', label: 'New search for a mix: adapt to a task', keywords: ['α', 'alpha', 'few-shot', 'cem', 'cma-es', 'dispatcher', 'search'], run: () => router.go('/adapt/new') }],
  keys: [
    { keys: ['↑ ↓'], does: 'move an end of a range on an axis of the candidates' },
    { keys: ['Page ↑', 'Page ↓'], does: 'move it by five steps' },
    { keys: ['Esc'], does: 'choose the whole axis again' },
  ],
};
export default feature;
