/** Numerals that name their base. */

const bases = ['', '', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve', 'thirteen', 'fourteen', 'fifteen', 'sixteen'];

/** `3032_5`, `25_{6}`, `25_{\text{six}}`, `(25)_6` */
export function inBase(latex: string): { digits: string; value: bigint } | null {
  const match = /^(-?)([0-9A-Z]{1,64})_\{?(\d{1,2}|\\text\s*\{\s*[a-z]+\s*\})\}?$/.exec(latex.replace(/^\((-?[0-9A-Z]+)\)_/, '$1_').replace(/_\{?\((\d+)\)\}?$/, '_$1'));
  if (!match) return null;
  const [, sign = '', digits = '', named = ''] = match;
  const spoken = /[a-z]+(?=\s*\})/.exec(named)?.[0];
  const base = spoken === undefined ? Number(named) : bases.indexOf(spoken);
  let value = 0n;
  for (const digit of digits) {
    const worth = parseInt(digit, 36);
    if (base < 2 || base > 36 || worth >= base) return null;
    value = value * BigInt(base) + BigInt(worth);
  }
  return { digits: sign + digits, value: sign === '-' ? -value : value };
}
