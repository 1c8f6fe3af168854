import type { MixContent } from '../../../shared/contract.ts';
import type { ServiceContext } from '../context.ts';
import { soundingParts } from './vectors.ts';

/** What a mix is on the command line: an option for each part that sounds, and its form where that is not the usual one. */
export function mixOptions(context: Pick<ServiceContext, 'stores'>, { parts, form }: MixContent): (readonly [string, string])[] {
  const sounding = soundingParts(parts).map((part) => {
    const name = context.stores.experts.get(part.expertId)?.name ?? part.expertId;
    return ['mix', `${name}=${Array.isArray(part.alpha) ? part.alpha.join(',') : part.alpha}`] as const;
  });
  return [...sounding, ...(form !== 'base-anchored' && sounding.length > 0 ? [['form', form] as const] : [])];
}
