import { SingularError } from '../../../shared/errors.ts';

/** The value, or one sentence that says what is not there. */
export function found<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new SingularError('not-found', `There is no ${what}.`);
  return value;
}
