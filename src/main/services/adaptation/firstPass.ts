/** The first pass: which expert each prompt is for, before all of them are answered. */
import type { DispatcherKind, DispatcherState } from '../../../shared/adaptation.ts';
import type { DecisionDto } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import type { NamedExpert } from '../../db/index.ts';
import type { ServiceContext } from '../context.ts';
import type { UsableModel } from '../models/catalog.ts';
import { datasetOf, libraryOf, named } from './dispatchers.ts';
import { categoriesOf } from './dispatching.ts';

type FirstPassContext = Pick<ServiceContext, 'stores' | 'engine' | 'catalog'>;

/** The name of what answers where no expert does. */
export const baseName = 'base';

/** The model's dispatcher of that kind; by prompt, for its present library, it needs no making. Throws `conflict` or `not-found`. */
export function dispatcherFor({ stores }: Pick<FirstPassContext, 'stores'>, model: UsableModel, kind: DispatcherKind): { experts: NamedExpert[]; state: DispatcherState } {
  const made = stores.dispatchers.ofKind(model.id, kind);
  if (made && made.weightsHash === model.weightsHash) {
    const gone = made.experts.find(({ id }) => stores.experts.get(id)?.deletedAt !== undefined || stores.experts.get(id) === undefined);
    if (!gone) return made;
    if (kind !== 'prompt') throw new SingularError('conflict', `The dispatcher by ${kind} knows the expert “${gone.name}”, which was removed; make the dispatcher anew.`);
  } else if (kind !== 'prompt') throw new SingularError('not-found', `${model.name} has no dispatcher by ${kind} yet; make one first.`);
  const library = libraryOf(stores, model);
  if (library.length === 0) throw new SingularError('bad-input', `${model.name} has no expert to choose from; train one first.`);
  return { experts: named(library), state: { kind: 'prompt', categories: categoriesOf(library.map((expert) => ({ expert, dataset: datasetOf(stores, expert) }))) } };
}

/** All prompts as one batch; `firstPassMs` is of the whole batch. */
export async function firstPass({ stores, engine, catalog }: FirstPassContext, model: UsableModel, kind: DispatcherKind, prompts: readonly string[]): Promise<DecisionDto[]> {
  const { experts, state } = dispatcherFor({ stores }, model, kind);
  const names = [...experts.map(({ name }) => name), baseName];
  const { decisions, ms } = await engine.call('dispatch', { model: catalog.place(model), dispatcher: state, questions: prompts.map((content) => [{ role: 'user', content }]) });
  return decisions.map(({ expert, confidence, probabilities }) => ({
    strategy: kind, expertId: expert === null ? null : experts[expert].id, expertName: expert === null ? baseName : experts[expert].name,
    confidence, probabilities: probabilities.map((probability, i) => ({ name: names[i], probability })), firstPassMs: ms,
  }));
}
