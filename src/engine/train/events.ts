/** What a training tells while it runs. */
import type { EngineCalls } from '../host/protocol.ts';

export type TrainEvent = EngineCalls['train']['event'];
