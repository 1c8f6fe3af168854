import type { Feature } from '../../app/feature.ts';
import { router } from '../../app/router.svelte.ts';
import Icon from '@lucide/svelte/icons/box';
import ModelsScreen from './ModelsScreen.svelte';
import { modelDialogs } from './dialogs.svelte.ts';

const feature: Feature = {
  id: 'models',
  label: 'Models',
  path: '/models',
  icon: Icon,
  order: 4,
  letter: 'o',
  screens: [{ pattern: '/models', component: ModelsScreen }],
  commands: () => [
    {
      id: 'model-add',
      label: 'Add a model…',
      keywords: ['folder', 'hub', 'download', 'checkpoint'],
      run: () => {
        router.go('/models');
        modelDialogs.adding = true;
      },
    },
  ],
};
export default feature;
