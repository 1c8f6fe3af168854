import SlidersVertical from '@lucide/svelte/icons/sliders-vertical';
import { router } from '../../app/router.svelte.ts';
import type { Feature } from '../../app/feature.ts';
import MixScreen from './MixScreen.svelte';
import { session } from './session.svelte.ts';

const onDesk = (dialog: NonNullable<typeof session.dialog>): void => {
  router.go('/mix');
  session.dialog = dialog;
};

const feature: Feature = {
  id: 'mix',
  label: 'Desk',
  path: '/mix',
  icon: SlidersVertical,
  order: 1,
  letter: 'd',
  screens: [{ pattern: '/mix', component: MixScreen }],
  commands: () => [
    ...(session.desk.strips.length === 0 ? [] : [
      { id: 'mix-save', label: session.desk.saved ? `Desk: save the mix “${session.desk.saved.name}”` : 'Desk: save the mix…', keywords: ['keep', 'store'], run: async () => { router.go('/mix'); await session.save(); } },
      { id: 'mix-save-as', label: 'Desk: save the mix as…', keywords: ['copy', 'name'], run: () => onDesk('save') },
      { id: 'mix-evaluate', label: 'Desk: evaluate the mix on a task…', keywords: ['score', 'test', 'evaluation'], run: () => onDesk('evaluate') },
      ...(session.desk.usable.length === 0 ? [] : [{ id: 'mix-export', label: 'Desk: export the mix…', keywords: ['file', 'merged', 'safetensors', 'write'], run: () => onDesk('export') }]),
    ]),
    { id: 'mix-reset', label: 'Desk: all faders to the base', keywords: ['zero', 'reset', 'alpha'], run: () => session.desk.reset() },
    { id: 'mix-bypass', label: session.desk.bypass ? 'Desk: end bypass' : 'Desk: bypass the mix', keywords: ['base', 'compare'], run: () => { session.desk.bypass = !session.desk.bypass; } },
    { id: 'mix-clear', label: 'Desk: clear and start a new mix', run: async () => { await session.replace(() => session.desk.clear()); router.go('/mix'); } },
    { id: 'mix-command', label: 'Desk: copy as command line', run: () => session.copyCommand() },
  ],
  keys: [
    { keys: ['Tab'], does: 'from fader to fader' },
    { keys: ['←', '→'], does: 'from a fader to what its strip has beside it' },
    { keys: ['/'], does: 'write a prompt' },
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
