import { SingularError } from '../../shared/errors.ts';

/** The first of that name, or the one with that id; lists are the newest first. Errors: `not-found`, naming the command that lists them. */
export function named<T extends { id: string; name: string }>(list: readonly T[], name: string, what: string, listing: string): T {
  const found = list.find((one) => one.id === name) ?? list.find((one) => one.name === name);
  if (!found) throw new SingularError('not-found', `There is no ${what} “${name}”; \`${listing}\` shows those there are.`);
  return found;
}
