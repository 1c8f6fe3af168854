/** A mix as the command line names it: `--mix` words and `--form`. */
import { Option, type Command } from 'commander';
import type { MixContent, MixPartDto } from '../../shared/contract.ts';
import { SingularError } from '../../shared/errors.ts';
import { mixForms, type MixForm } from '../../shared/mix.ts';
import { parseMix } from './arguments.ts';
import { collect } from './options.ts';
import type { CommandSession } from './session.ts';

export interface MixOptions {
  mix: string[];
  form?: MixForm;
}

export const withMix = (command: Command): Command => command
  .option('--mix <name=alpha>', 'an expert and its α (one number, or one per layer), or a saved mix; may be repeated', collect, [])
  .addOption(new Option('--form <form>', 'z′ = 1 + Σ α (z − 1), or the paper’s sum z′ = Σ α z; a saved mix brings its own, otherwise base-anchored').choices(mixForms));

/** A saved mix brings its own parts and form; all of one mix come together in one form. */
export async function mixWish(session: CommandSession, { mix: words, form: wanted }: MixOptions): Promise<MixContent> {
  const parts: MixPartDto[] = [];
  let form = wanted;
  for (const word of words) {
    const { name, alpha } = parseMix(word);
    if (alpha !== undefined) {
      parts.push({ expertId: (await session.expert(name)).id, alpha, muted: false, solo: false });
      continue;
    }
    const saved = await session.mix(name);
    form ??= saved.form;
    if (saved.form !== form) throw new SingularError('usage', `The mix “${name}” is of the form ${saved.form}, the rest of the form ${form}; a mix has one.`);
    parts.push(...saved.parts);
  }
  return { parts, form: form ?? 'base-anchored' };
}
