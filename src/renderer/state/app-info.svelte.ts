import { bridge } from '../bridge/index.ts';
import type { AppInfoDto } from '../../shared/contract.ts';
import { Resource } from './resource.svelte.ts';

class AppInfoState extends Resource<AppInfoDto | null> {
  constructor() {
    super(null, () => bridge.call('app.info', {}));
  }
}

export const appInfo = new AppInfoState();
