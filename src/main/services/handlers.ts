/** The table of what each call of the contract does. It is total: a call without a handler does not compile. */
import type { CallName, CallParsed, CallResult } from '../../shared/contract.ts';

export type Handlers = { [N in CallName]: (input: CallParsed<N>) => CallResult<N> | Promise<CallResult<N>> };

/** The part of the table whose calls begin with one of these words: `models.list`, `models.prepare`, … */
export type HandlerGroup<G extends string> = Pick<Handlers, Extract<CallName, `${G}.${string}`>>;
