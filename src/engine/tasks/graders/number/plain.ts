/** Numbers as people write them, in the one way that `number` reads: digits, a point, thousands behind commas, `e` and an exponent. Linear in the text's length. */

const vulgar: Record<string, string> = { '½': '1/2', '⅓': '1/3', '⅔': '2/3', '¼': '1/4', '¾': '3/4', '⅕': '1/5', '⅖': '2/5', '⅗': '3/5', '⅘': '4/5', '⅙': '1/6', '⅚': '5/6', '⅛': '1/8', '⅜': '3/8', '⅝': '5/8', '⅞': '7/8' };
const powers: Record<string, string> = { k: '3', thousand: '3', million: '6', billion: '9', trillion: '12' };

export function plainNumbers(text: string): string {
  return text
    // 2½, 2 and 1/2
    .replace(/(\d?)[ \u00a0\u202f\u2009]?([½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])/g, (_, whole: string, sign: string) => `${whole === '' ? '' : `${whole} `}${vulgar[sign] ?? ''}`)
    .replace(/(\d) and (?=\d{1,2}\/\d)/g, '$1 ')
    // 1 234, 1’234: groups of three
    .replace(/(?<![\d.,/^][ \u00a0\u202f\u2009'’]?)\d{1,3}(?:([ \u00a0\u202f\u2009'’])\d{3})(?:\1\d{3}){0,6}(?![\d/]|[.,]?\d| ?\/)/g, (digits) => digits.replace(/\D/g, ''))
    // 4.2 × 10^3
    .replace(/(\d) ?(?:×|x|\*|\\times|\\cdot) ?10 ?\^ ?\{?([-+−]?\d{1,3})(?!\d)\}?/g, (_, digit: string, exponent: string) => `${digit}e${exponent.replace('−', '-')}`)
    // 42 million, 42k
    .replace(/(\d)(?:(k)|[ -]?(thousand|million|billion|trillion))(?![a-z\d])/gi, (_, digit: string, short: string | undefined, word: string | undefined) => `${digit}e${powers[(short ?? word ?? '').toLowerCase()] ?? ''}`)
    // 3:00
    .replace(/(\d):00(?![\d:.])/g, '$1')
    .replace(/\bnegative (?=[$€£¥]?[\d.])|(^|\b(?:is|are|was|be|equals|to|of|at|about) |[=:] ?)minus (?=[$€£¥]?[\d.])/gi, '$1-')
    // m^2, \text{ cm}^{2}
    .replace(/([A-Za-z]\}?)\^(?:\{[-−]?\d{1,3}\}|[-−]?\d{1,3})/g, '$1');
}
