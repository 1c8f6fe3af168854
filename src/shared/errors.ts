/**
 * Errors that a person may meet. An *expected* error (a refused input, a missing file) carries a code and one
 * sentence that names the file and the row, key or tensor. Anything else is a bug and is reported as `internal`.
 */
export const errorCodes = [
  'bad-input', // a file, row or value that cannot be used
  'not-found', // a name or id that is not there
  'conflict', // a name taken, a model that does not match
  'unavailable', // something optional is missing here: a device, the hub, a runtime
  'busy', // a lock is held elsewhere
  'cancelled', // the person stopped it
  'engine-died', // the engine process ended unexpectedly
  'disk-full',
  'usage', // wrong command-line usage
  'internal', // a bug
] as const;
export type ErrorCode = (typeof errorCodes)[number];

export interface ErrorDto {
  code: ErrorCode;
  message: string;
  detail?: string;
}

export class SingularError extends Error {
  readonly code: ErrorCode;
  readonly detail: string | undefined;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; detail?: string } = {}) {
    super(message, { cause: options.cause });
    this.name = 'SingularError';
    this.code = code;
    this.detail = options.detail;
  }
}

/** What may cross a process boundary of any thrown value. Never loses the code. */
export function toErrorDto(error: unknown): ErrorDto {
  if (error instanceof SingularError) {
    return { code: error.code, message: error.message, ...(error.detail ? { detail: error.detail } : {}) };
  }
  const node = error as NodeJS.ErrnoException;
  if (node?.code === 'ENOSPC') return { code: 'disk-full', message: 'The disk is full; nothing was changed.' };
  if (error instanceof Error) return { code: 'internal', message: error.message, detail: error.stack ?? '' };
  return { code: 'internal', message: String(error) };
}

export function fromErrorDto(dto: ErrorDto): SingularError {
  return new SingularError(dto.code, dto.message, dto.detail ? { detail: dto.detail } : {});
}
