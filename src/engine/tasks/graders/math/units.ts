/** What is measured, in one spelling, so that two answers can say the same unit. */

/** Names of one unit, in the singular; a plural s is taken off before. */
const units: readonly (readonly string[])[] = [
  ['cm', 'centimeter', 'centimetre'], ['mm', 'millimeter', 'millimetre'], ['m', 'meter', 'metre'], ['km', 'kilometer', 'kilometre'],
  ['in', 'inch', 'inche'], ['ft', 'foot', 'feet'], ['yd', 'yard'], ['mi', 'mile'], ['lb', 'pound'], ['oz', 'ounce'], ['g', 'gram'], ['kg', 'kilogram'], ['ton'],
  ['sec', 's', 'second'], ['min', 'minute'], ['hr', 'h', 'hour'], ['day'], ['week'], ['month'], ['year'], ['L', 'liter', 'litre'], ['mL', 'ml', 'milliliter', 'millilitre'], ['gallon'],
  ['mph', 'miles per hour', 'miles/hour', 'mi/h'], ['km/h', 'kilometers per hour', 'kilometres per hour'], ['m/s', 'meters per second', 'metres per second'],
  ['dollar', 'USD'], ['cent'], ['degree'], ['degrees Celsius'], ['degrees Fahrenheit'], ['radian'], ['unit'], ['way'], ['time'], ['point'], ['people', 'person'], ['student'],
];
const magnitudes: Readonly<Record<string, string>> = { dozen: '12', hundred: '100', thousand: '1000', million: '1000000', billion: '1000000000', trillion: '1000000000000' };

export interface Measure { unit: string; /** what the number before it is to be multiplied by, '' for 1 */ factor: string; /** whether the unit is one of those listed */ known: boolean }

/** One measure in one spelling, with its power: `square inches`, `\text{ in}^2` and `in^2` are `in^2`; `million dollars` is `dollar` times 1000000. */
export function measureOf(text: string): Measure {
  let name = text.replace(/\\(?:text|mathrm|mbox|textrm|rm)\b/g, '').replace(/[{}~\\,.]/g, ' ').replace(/\s+/g, ' ').trim();
  const counted = /^([a-z]+)(?: |$)/.exec(name)?.[1] ?? '';
  const factor = Object.hasOwn(magnitudes, counted) ? magnitudes[counted] ?? '' : '';
  if (factor !== '') name = name.slice(counted.length).trim();
  if (name === '') return { unit: '', factor, known: factor !== '' };
  let power = /\^\s*(\d)$/.exec(name)?.[1] ?? '';
  name = name.replace(/\^\s*\d$/, '').trim();
  const spoken = /^(square|sq|cubic|cu) (.*)$/.exec(name);
  if (spoken) [power, name] = [spoken[1]?.startsWith('s') ? '2' : '3', spoken[2] ?? ''];
  const single = name.length > 3 ? name.replace(/s$/, '') : name.replace(/^(lb|hr|min|sec|oz|yd)s$/, '$1');
  const listed = units.find((names) => names.includes(name) || names.includes(single))?.[0];
  const unit = listed ?? single.toLowerCase();
  return { unit: power === '' ? unit : `${unit}^${power}`, factor, known: listed !== undefined };
}

/** Whether words are a measure by themselves, outside `\text{}` too. */
export const isMeasure = (text: string): boolean => /[a-z]/i.test(text) && measureOf(text).known;

/** Whether two measures do not contradict each other: where one is not said they do not, and `square units` are of any unit. */
export function agree(a: string, b: string): boolean {
  if (a === '' || b === '' || a === b) return true;
  const power = (unit: string): string => /\^\d$/.exec(unit)?.[0] ?? '';
  const general = (unit: string): boolean => /^unit(?:\^\d)?$/.test(unit);
  return (general(a) || general(b)) && !/[%°]/.test(a + b) && power(a) === power(b);
}
