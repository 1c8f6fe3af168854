/** Answers and options without what is only there for the eye, so that they can be compared. */

/** A label in one spelling: `(b)` and `B.` are `B`. */
export const labelName = (label: string): string => (label.replace(/\W/g, '') || label.trim()).toUpperCase();

/** Case, marks of emphasis and the full stop at the end aside. */
export const plainText = (text: string): string => text.toLowerCase().replace(/[\s*_"“”]+/g, ' ').trim().replace(/[.!]+$/, '').trim();

/** `text` in words alone, a blank around each. A number stays one word, with its sign, its fraction and without its thousands' commas; a point before digits that run into a word ends a sentence. */
export const spaced = (text: string): string => ` ${plainText(text)
  .replace(/(\d),(?=\d{3}(?!\d))/g, '$1').replace(/(\d)\.(?=\d+(?![\p{L}\d]))/gu, '$1point').replace(/(\d)\/(?=\d)/g, '$1over')
  .replace(/(^|[^\p{L}\p{N})\]}])[-−](?=[.\d])/gu, '$1minus')
  .replace(/[^\p{L}\p{N}]+/gu, ' ').trim()} `;

/** `20 N`, `20N` and `20\text{ N}` are one text. */
export const squashed = (text: string): string => spaced(text.replace(/\\(?:text|textbf|mathrm|mathbf|mbox)(?![a-zA-Z])|\\[,;:! ]/g, ' ').replace(/(\d)\.(?=\d)/g, '$1point')).replaceAll(' ', '');

/** The number that a text is, or that it opens with where nothing but a unit stands behind it; undefined else. */
export const measuredNumber = (text: string): string | undefined => /^ (\w*\d\w*?)(?: ?\p{L}{1,3}(?: \p{L}{1,3})?)? $/u.exec(spaced(text))?.[1];

/** Fences and backquotes, tags and headings of an answer, and LaTeX around a formula, in the spelling that patterns know. */
export function unmarked(answer: string): string {
  return answer
    .replace(/```(?:[\w+-]*(?=\s*\n))?|`/g, '')
    .replace(/<answer>/gi, '\nAnswer: ').replace(/<\/answer>/gi, '\n')
    .replace(/\\[()[\]]/g, '$')
    .replace(/^[ \t#*_>]{0,12}(?:(?:the|my|final|correct|best)[ \t]+){0,3}answer[ \t*_:]{0,12}$/gim, 'Answer:')
    .trim();
}
