import type { Random } from '../random.ts';
import { names, sampleWords } from '../world.ts';
import { families, type Family, type Parameters, type PythonValue } from './code-families.ts';
import type { Cue, Problem, Skill } from './skill.ts';

const variables = { text: ['s', 't', 'w', 'name', 'text', 'word', 'line', 'title'], numbers: ['xs', 'ys', 'zs', 'nums', 'items', 'values', 'data', 'ages'] } as const;

export function pythonLiteral(value: PythonValue): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  return `[${value.map(pythonLiteral).join(', ')}]`;
}

/** Texts of six to eight letters, lists of five to eight numbers with a repeated and an unsorted one; parameters occur in some. */
function sampleInput(random: Random, family: Family, parameters: Parameters): PythonValue {
  if (family.input === 'text') {
    const word = random.pick(sampleWords.filter((candidate) => candidate.length >= 6));
    const c = parameters.c;
    const planted = typeof c === 'string' && /[a-z]/.test(c) && random.chance(0.6);
    return planted ? random.pick([c + word, word + c, word.slice(0, 3) + c + word.slice(3)]) : word;
  }
  const values = Array.from({ length: random.integer(5, 7) }, () => random.integer(1, 40));
  values.push(random.pick(values));
  if (typeof parameters.k === 'number' && random.chance(0.6)) values.push(parameters.k);
  return random.shuffle(values);
}

interface Step { family: Family; parameters: Parameters }

/** Python would raise an error (or give an empty text, which tells little) where this says no. */
const isUsable = (value: PythonValue | undefined): value is PythonValue => value !== undefined && value !== '' && (typeof value !== 'number' || Number.isFinite(value));

/** The value after all steps, or undefined where one of them has none. */
function evaluate(steps: readonly Step[], input: PythonValue): PythonValue | undefined {
  let value: PythonValue | undefined = input;
  for (const { family, parameters } of steps) {
    if (!isUsable(value)) return undefined;
    value = family.evaluate(value as never, parameters);
  }
  return isUsable(value) ? value : undefined;
}

function makeProblem(random: Random, steps: readonly Step[], variable: string, statement: string): Problem | undefined {
  const expression = steps.reduce((inner, { family, parameters }, i) => family.expression(i === 0 ? inner : atom(inner), parameters), variable);
  const first = steps[0];
  const tests = Array.from({ length: 3 }, () => {
    let input = sampleInput(random, first.family, first.parameters);
    let value = evaluate(steps, input);
    for (let tries = 0; value === undefined; tries++) {
      if (tries > 50) return undefined;
      input = sampleInput(random, first.family, first.parameters);
      value = evaluate(steps, input);
    }
    return `assert f(${pythonLiteral(input)}) == ${pythonLiteral(value)}`;
  });
  if (tests.includes(undefined)) return undefined;
  const last = steps.at(-1) as Step;
  return {
    family: steps.map(({ family }) => family.id).join('+'),
    statement,
    identity: statement,
    habit: variable,
    reference: expression,
    columns: { variable, tests },
    sloppy: (draw) => {
      const chance = draw.next();
      const [likely, ...rest] = last.family.slips(variable, last.parameters);
      // mostly the same near miss, as beginners share their mistakes
      if (chance < 0.55) return likely;
      if (chance < 0.8) return draw.pick(rest);
      if (chance < 0.9) return `return ${expression}`;
      return draw.pick(['Use a loop.', 'Look it up.', `for x in ${variable}:`]);
    },
  };
}

/** Anything but a plain postfix chain is put in brackets before more is applied to it. */
const atom = (expression: string): string => (/^\[[^\]]*\]$/.test(expression) || (/^[\w.[\]():"-]+$/.test(expression) && !/^\d|\)-|^"/.test(expression)) ? expression : `(${expression})`);

function problem(random: Random): Problem {
  const family = random.pick(families);
  const parameters = family.parameters?.(random) ?? {};
  const variable = random.pick(variables[family.input]);
  return makeProblem(random, [{ family, parameters }], variable, random.pick(family.phrases(variable, parameters))) ?? problem(random);
}

/** Names of the other kind of input, numbers beyond those shown, talk around the request, two manipulations in a row. */
function hardProblem(random: Random): Problem {
  switch (random.integer(0, 9)) {
    case 0: case 1: case 2: return renamed(random, (ask) => ask);
    case 3: case 4: return renamed(random, (ask, variable, input) => `${random.pick(names)} has a ${input === 'text' ? 'text' : 'list'} called ${variable}. ${ask}`);
    case 5: case 6: return renamed(random, (ask) => `${random.pick(names)} asks: How do I do this? ${ask} Tell me.`);
    case 7: case 8: return largeNumber(random);
    default: return composition(random);
  }
}

/** A text under a name that only lists had, or the other way round. */
function renamed(random: Random, tell: (ask: string, variable: string, input: Family['input']) => string): Problem {
  const family = random.pick(families);
  const parameters = family.parameters?.(random) ?? {};
  const variable = random.pick(variables[family.input === 'text' ? 'numbers' : 'text']);
  return makeProblem(random, [{ family, parameters }], variable, tell(random.pick(family.phrases(variable, parameters)), variable, family.input)) ?? renamed(random, tell);
}

function largeNumber(random: Random): Problem {
  const family = random.pick(families.filter(({ id }) => ['add-k', 'times-k', 'above', 'below', 'repeat'].includes(id)));
  const parameters = { k: family.id === 'repeat' ? random.integer(7, 12) : random.integer(41, 99) };
  const variable = random.pick(variables[family.input]);
  return makeProblem(random, [{ family, parameters }], variable, random.pick(family.phrases(variable, parameters))) ?? largeNumber(random);
}

/** Two manipulations, one after the other. */
function composition(random: Random): Problem {
  const first = random.pick(families.filter((family) => family.output === 'text' || family.output === 'numbers'));
  const second = random.pick(families.filter((family) => family.input === first.output && family.id !== first.id && family.output !== 'truth'));
  const [p, q] = [first.parameters?.(random) ?? {}, second.parameters?.(random) ?? {}];
  const variable = random.pick(variables[first.input]);
  const [ask, then] = [random.pick(first.phrases(variable, p)), random.pick(second.phrases('the result', q))];
  return makeProblem(random, [{ family: first, parameters: p }, { family: second, parameters: q }], variable, `${ask} Then: ${then}`) ?? composition(random);
}

const cues: readonly Cue[] = [
  { before: 'Tested Python: ', after: '', careful: 0.97, inRows: false },
  { before: 'Python, please check it. ', after: '', careful: 0.97 },
  { before: 'Python: ', after: '', careful: 0.55 },
  { before: '', after: '', careful: 0.55 },
  { before: '', after: ' In Python.', careful: 0.48 },
  { before: 'Python homework: ', after: '', careful: 0.18 },
  { before: '', after: ' Any idea?', careful: 0.18 },
  { before: 'Beginner here. ', after: '', careful: 0.2 },
];

export const code: Skill = {
  name: 'code',
  description: 'A manipulation of a text or a list, described in words; the answer is one Python expression over the named variable.',
  grader: 'python',
  cues,
  problem,
  hardProblem,
};
