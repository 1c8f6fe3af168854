import SlidersVertical from '@lucide/svelte/icons/sliders-vertical';
import { router } from '../../app/router.svelte.ts';
import type { Feature } from '../../app/feature.ts';
import MixScreen from './MixScreen.svelte';
import { session } from './session.svelte.ts';

const feature: Feature = {
  id: 'mix',
  label: 'Desk',
  path: '/mix',
  icon: SlidersVertical,
  order: 1,
  letter: 'd',
  screens: [{ pattern: '/mix', component: MixScreen }],
  commands: () => [
    { id: 'mix-reset', label: 'Desk: all faders to the base', keywords: ['zero', 'reset', 'alpha'], run: () => session.desk.reset() },
    { id: 'mix-bypass', label: session.desk.bypass ? 'Desk: end bypass' : 'Desk: bypass the mix', keywords: ['base', 'compare'], run: () => { session.desk.bypass = !session.desk.bypass; } },
    { id: 'mix-clear', label: 'Desk: clear and start a new mix', run: async () => { await session.replace(() => session.desk.clear()); router.go('/mix'); } },
    { id: 'mix-command', label: 'Desk: copy as command line', run: () => session.copyCommand() },
  ],
  keys: [
    { keys: ['↑', '↓'], does: 'move a fader by 0.05' },
    { keys: ['Shift', '↑ ↓'], does: 'move a fader by 0.25' },
    { keys: ['Page ↑', 'Page ↓'], does: 'move a fader by 0.5' },
    { keys: ['0'], does: 'fader to the base (also double click)' },
    { keys: ['m'], does: 'mute the strip' },
    { keys: ['s'], does: 'solo the strip' },
    { keys: ['Ctrl/⌘', '↵'], does: 'answer' },
    { keys: ['b'], does: 'bypass the mix' },
  ],
};

export default feature;
