import type { JobDto } from '../../shared/contract.ts';
import type { SteerAction } from '../../engine/host/protocol.ts';
import type { JobRunner } from './runner.ts';

/** A job while it runs here: how it is stopped and steered, and how far it is. */
export class Running {
  readonly abort = new AbortController();
  readonly steerListeners = new Set<(action: SteerAction) => void>();
  /** `lost`: another instance has it, since this one was silent for too long */
  stopFor: 'cancel' | 'pause' | 'close' | 'lost' | undefined;
  steered: SteerAction | undefined;
  progress: JobDto['progress'];
  toldAt = 0;
  storedAt = 0;
  done: Promise<void> = Promise.resolve();

  constructor(progress: JobDto['progress'], steered: SteerAction | undefined) {
    this.progress = progress;
    this.steered = steered;
  }

  onSteer(listener: (action: SteerAction) => void): void {
    this.steerListeners.add(listener);
    if (this.steered) listener(this.steered);
  }

  steer(action: SteerAction): void {
    this.steered = action;
    for (const listener of this.steerListeners) listener(action);
  }

  pause(how: JobRunner['pause']): void {
    if (how === 'steer') this.steer('pause');
    else this.abort.abort();
  }
}
