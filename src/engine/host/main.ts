/**
 * The engine process. Requests are taken as they come; ONNX Runtime blocks for each product or token, and between two
 * of them other requests go on, so a question on the desk is answered while a training runs.
 */
import { flushCompileCache } from 'node:module';
import { SingularError, toErrorDto } from '../../shared/errors.ts';
import { handlers, type Call } from './handlers.ts';
import { ModelStore } from './model-store.ts';
import type { EngineCalls, EngineMethod, FromEngine, SteerAction, ToEngine } from './protocol.ts';

interface Running {
  abort: AbortController;
  steering: { action: SteerAction | null };
}

const send = (message: FromEngine): void => {
  process.send?.(message);
};
/** Resolves when the message is written; the pipe is only emptied as fast as the other side works. */
const sendWhole = (message: FromEngine): Promise<void> => new Promise((resolve) => {
  process.send?.(message, undefined, undefined, () => resolve());
});
const models = new ModelStore((level, message) => send({ notice: { level, message } }));
const running = new Map<number, Running>();

function errorOf(error: unknown, aborted: boolean): ReturnType<typeof toErrorDto> {
  const paused = error instanceof Error && error.name === 'Paused';
  return toErrorDto(aborted || paused ? new SingularError('cancelled', 'Stopped.') : error);
}

async function handle<M extends EngineMethod>(id: number, method: M, input: EngineCalls[M]['input']): Promise<void> {
  const handler = handlers[method];
  const abort = new AbortController();
  const steering: Running['steering'] = { action: null };
  running.set(id, { abort, steering });
  const call: Call<M> = { emit: (event) => send({ id, event }), deliver: (event) => sendWhole({ id, event }), notice: (message) => send({ notice: { level: 'info', message } }), signal: abort.signal, steering, models };
  try {
    send({ id, result: await handler(input, call) });
  } catch (error) {
    send({ id, error: errorOf(error, abort.signal.aborted) });
  } finally {
    running.delete(id);
  }
}

process.on('message', (message: ToEngine) => {
  if ('cancel' in message) running.get(message.cancel)?.abort.abort();
  else if ('steer' in message) {
    const steered = running.get(message.steer);
    if (steered) steered.steering.action = message.action;
  } else if (message.method in handlers) void handle(message.id, message.method, message.input as EngineCalls[EngineMethod]['input']);
  else send({ id: message.id, error: toErrorDto(new SingularError('internal', `The engine knows no ${String(message.method)}.`)) });
});
// Not an ordinary exit: the runtime's own ending has waited for its threads without end. Nothing here is left to be written.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
send({ ready: true, pid: process.pid });
// An engine's end leaves no time for it: what was compiled is kept for the next one, where whoever started us names a place for it.
flushCompileCache();
