import { SingularError, type ErrorCode } from '../../shared/errors.ts';

/** One table decides what a person reads beside an error's own sentence: what to do next. None where only that sentence can say it. */
export const whatToDo: Record<ErrorCode, string | undefined> = {
  'bad-input': 'Nothing was changed. Correct the file or the value and try again.',
  'not-found': 'It may have been removed meanwhile.',
  conflict: undefined,
  unavailable: 'Something optional is missing here; everything else still works.',
  busy: 'Another Singular has it open. Close that one and try again.',
  cancelled: 'Nothing further happens.',
  'engine-died': 'The engine is started again by itself; work resumes from its last checkpoint.',
  'disk-full': 'Make room on the disk and try again; nothing was changed.',
  usage: undefined,
  internal: 'This is a fault of Singular. “Copy diagnostics” in Settings collects what helps to report it.',
};

export function asSingularError(error: unknown): SingularError {
  if (error instanceof SingularError) return error;
  return new SingularError('internal', error instanceof Error ? error.message : String(error));
}
