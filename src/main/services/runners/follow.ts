import type { EngineCalls, EngineMethod } from '../../../engine/host/protocol.ts';
import type { EngineRequest } from '../../engine/host.ts';
import type { JobRun } from '../../jobs/runner.ts';

/** The request's result; stopping the job cancels the request. */
export async function follow<M extends EngineMethod>(run: JobRun, request: EngineRequest<M>): Promise<EngineCalls[M]['result']> {
  const cancel = (): void => request.cancel();
  if (run.signal.aborted) cancel();
  run.signal.addEventListener('abort', cancel);
  try {
    return await request.result;
  } finally {
    run.signal.removeEventListener('abort', cancel);
  }
}
