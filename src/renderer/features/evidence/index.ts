import Icon from '@lucide/svelte/icons/chart-scatter';
import type { Feature } from '../../app/feature.ts';
import { router } from '../../app/router.svelte.ts';
import EvaluationScreen from './EvaluationScreen.svelte';
import EvidenceScreen from './EvidenceScreen.svelte';

const feature: Feature = {
  id: 'evidence',
  label: 'Evidence',
  path: '/evidence',
  icon: Icon,
  order: 3.8,
  letter: 'v',
  screens: [{ pattern: '/evidence', component: EvidenceScreen }, { pattern: '/evidence/evaluations/:id', component: EvaluationScreen }],
  commands: () => [{ id: 'evidence-open', label: 'Evidence of self-adaptation', keywords: ['confusion', 'dispatcher', 'interval', 'first pass'], run: () => router.go('/evidence') }],
};
export default feature;
