import { z } from 'zod';
import type { TaskRow } from '../../host/protocol.ts';
import { labelOf, type Option } from '../choices.ts';
import { optionsColumn } from '../rows.ts';
import { pickedOption } from './choice/picked.ts';
import { labelName, plainText } from './choice/spelling.ts';
import { noReference, pureGrader, type Grader } from './grader.ts';

const optionsSchema = z.array(z.object({ label: z.string(), text: z.string() }));

/** `choice`: the answer picks the option that the reference names, by its letter or by its text. */
export function choiceGrader(spec: string): Grader {
  return pureGrader(spec, true, (answer, row) => {
    if (row.reference === null) return noReference;
    const options = optionsIn(row);
    const expected = expectedLabel(row.reference, options);
    const found = pickedOption(answer, options);
    if (found === null) return { score: 0, reason: `no choice, expected ${expected}` };
    return found === expected ? { score: 1, reason: found } : { score: 0, reason: `${found}, expected ${expected}` };
  });
}

/** Options of the row; a row whose options are only in its text has the letters A to H, without texts. */
function optionsIn(row: TaskRow): Option[] {
  const parsed = optionsSchema.safeParse(row.data[optionsColumn]);
  return parsed.success ? parsed.data : [...'ABCDEFGH'].map((label) => ({ label, text: '' }));
}

/** Of `B`, `(b)`, `B.`, an option's text or (where the labels are letters) its position: the label, as `pickedOption` spells it. */
function expectedLabel(reference: string, options: readonly Option[]): string {
  const texts = options.filter(({ text }) => text !== '');
  const meant = labelOf(reference, texts) ?? texts.find(({ text }) => plainText(text) === plainText(reference))?.label;
  return labelName(meant ?? reference);
}
