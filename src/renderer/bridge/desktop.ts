import type { Bridge, CallInput, CallName, CallResult, EventName, Events } from '../../shared/contract.ts';
import { SingularError, errorCodes, fromErrorDto, type ErrorCode, type ErrorDto } from '../../shared/errors.ts';
import type { WindowBridge } from './index.ts';

/**
 * What the preload exposes. Errors cannot cross Electron's context bridge with their code, so a call answers with
 * either a result or an error.
 */
export interface DesktopApi {
  call(name: CallName, input: unknown): Promise<{ result: unknown } | { error: ErrorDto }>;
  on(event: EventName, listener: (payload: unknown) => void): () => void;
  pathOf(file: File): string | Promise<string>;
}

const codes: readonly string[] = errorCodes;

function asError(error: unknown): SingularError {
  if (error instanceof SingularError) return error;
  const { code, message } = error as { code?: string; message?: string };
  return new SingularError(codes.includes(code ?? '') ? (code as ErrorCode) : 'internal', message ?? String(error));
}

export function desktopBridge(api: DesktopApi): WindowBridge {
  const call: Bridge['call'] = async <N extends CallName>(name: N, input: CallInput<N>): Promise<CallResult<N>> => {
    let answer;
    try {
      answer = await api.call(name, input);
    } catch (error) {
      throw asError(error);
    }
    if (answer && typeof answer === 'object' && 'error' in answer) throw fromErrorDto(answer.error);
    return answer.result as CallResult<N>;
  };
  return {
    connection: 'open',
    canOpenFolders: true,
    call,
    on: <E extends EventName>(event: E, listener: (payload: Events[E]) => void) => api.on(event, (payload) => listener(payload as Events[E])),
    pathOf: async (file) => api.pathOf(file),
    onReconnect: () => () => {},
    downloadUrl: () => null,
  };
}
