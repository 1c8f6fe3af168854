/** Two-pass answering of a batch: the first pass decides, then all prompts are answered together, each under its own z. */
import type { CallParsed, DecisionDto, MixContent } from '../../../shared/contract.ts';
import { SingularError } from '../../../shared/errors.ts';
import { found } from '../basics/found.ts';
import type { ServiceContext } from '../context.ts';
import type { HandlerGroup } from '../handlers.ts';
import { soundingParts } from '../mixing/vectors.ts';
import { svdReady } from '../models/prepare.ts';
import { firstPass } from './firstPass.ts';

export function adaptHandlers(context: ServiceContext): HandlerGroup<'adapt'> {
  const { stores, catalog, engine, vectors } = context;

  const mixOf = (strategy: CallParsed<'adapt.answer'>['strategy'], modelId: string): MixContent => {
    if (typeof strategy === 'string') return { parts: [], form: 'base-anchored' };
    const mix = found(stores.mixes.get(strategy.mixId), `mix ${strategy.mixId}`);
    if (mix.modelId !== modelId) throw new SingularError('conflict', `The mix “${mix.name}” belongs to another model.`);
    return mix;
  };

  return {
    'adapt.answer': async ({ modelId, prompts, raw, strategy, sampling }) => {
      const model = await catalog.use(modelId);
      const mix = mixOf(strategy, model.id);
      const mixed = vectors.mixed(mix, model);
      if (mixed || strategy === 'classifier') await svdReady(context, model);
      const decisions: DecisionDto[] | undefined = typeof strategy === 'string' && strategy !== 'none' ? await firstPass(context, model, strategy, prompts) : undefined;
      if (decisions?.some(({ expertId }) => expertId !== null)) await svdReady(context, model);
      const { rows, ms: secondPassMs } = await engine.call('generate', {
        model: catalog.place(model), sampling,
        rows: prompts.map((prompt, i) => {
          const expertId = decisions?.[i].expertId ?? null;
          const z = expertId === null ? mixed : vectors.ofExpert(expertId);
          return { prompt: raw ? prompt : [{ role: 'user' as const, content: prompt }], raw, seed: sampling.seed, ...(z && { z }) };
        }),
      });
      const alphas = soundingParts(mix.parts).map(({ expertId, alpha }) => ({ name: stores.experts.get(expertId)?.name ?? expertId, alpha }));
      return rows.map(({ text, ids }, i) => ({
        text, ids, tokens: ids.length, firstPassMs: decisions?.[i].firstPassMs ?? 0, secondPassMs,
        ...(decisions && { decision: decisions[i] }), ...(typeof strategy !== 'string' && { alphas }),
      }));
    },
  };
}
