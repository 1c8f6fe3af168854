import { bridge } from '../bridge/index.ts';
import type { CallInput, SettingsDto } from '../../shared/contract.ts';
import { Resource } from './resource.svelte.ts';

const initial: SettingsDto = { theme: 'system', device: 'auto', threads: 0, hubEndpoint: '' };

class SettingsState extends Resource<SettingsDto> {
  constructor() {
    super(initial, () => bridge.call('settings.get', {}));
  }

  set = async (change: CallInput<'settings.set'>): Promise<void> => {
    this.value = await bridge.call('settings.set', change);
  };
}

export const settings = new SettingsState();
