import Icon from '@lucide/svelte/icons/chart-column';
import type { Feature } from '../../app/feature.ts';
import { router } from '../../app/router.svelte.ts';
import ComparisonScreen from './ComparisonScreen.svelte';
import ComparisonsScreen from './ComparisonsScreen.svelte';
import NewComparisonScreen from './NewComparisonScreen.svelte';
import { newDraft } from './session.svelte.ts';

const feature: Feature = {
  id: 'comparisons',
  label: 'Compare',
  path: '/comparisons',
  icon: Icon,
  order: 3.5,
  letter: 'c',
  screens: [
    { pattern: '/comparisons/new', component: NewComparisonScreen },
    { pattern: '/comparisons/:id', component: ComparisonScreen },
    { pattern: '/comparisons', component: ComparisonsScreen },
  ],
  commands: () => [{ id: 'comparison-new', label: 'New comparison of methods', keywords: ['sweep', 'plan', 'seeds', 'lora', 'baseline'], run: () => { newDraft(); router.go('/comparisons/new'); } }],
  keys: [{ keys: ['↑ ↓'], does: 'Move through the comparisons' }, { keys: ['Enter'], does: 'Open the comparison' }],
};
export default feature;
