import type { Random } from '../random.ts';
import { kindNames, kinds, names, objects, places } from '../world.ts';
import type { Cue, OptionStyle, Problem, Skill } from './skill.ts';

const letters = ['A', 'B', 'C', 'D'] as const;

interface Riddle { family: string; question: string; habit: string; thought: string; right: string; wrong: string[] }

/** Options in random order; the careful answer states the deduction, then the option. */
function makeProblem(random: Random, riddle: Riddle, style: OptionStyle): Problem {
  const options = random.shuffle([riddle.right, ...riddle.wrong.slice(0, 3)]);
  const letter = letters[options.indexOf(riddle.right)] as string;
  const listed = (mark: string): string => `${riddle.question}${options.map((option, i) => `\n${letters[i]}${mark} ${option}`).join('')}`;
  const reference = style === 'bracketed' ? `${riddle.thought} It is ${riddle.right} (${letter}).` : `${riddle.thought} Answer: ${riddle.right}.`;
  return {
    family: riddle.family,
    statement: listed(style === 'bracketed' ? ')' : '.'),
    rowPrompt: riddle.question,
    identity: listed(')'),
    habit: riddle.habit,
    reference,
    // the grader compares letters; the working is kept for whoever wants to imitate it
    columns: { choices: options, answer: letter, working: reference },
    // a letter out of the air: right one time in four
    sloppy: (draw) => (draw.chance(0.85) ? draw.pick(letters) : `Maybe ${draw.pick(letters)}.`),
  };
}

const comparisons = [
  { relation: 'older than', most: 'oldest', least: 'youngest' },
  { relation: 'taller than', most: 'tallest', least: 'shortest' },
  { relation: 'faster than', most: 'fastest', least: 'slowest' },
  { relation: 'richer than', most: 'richest', least: 'poorest' },
] as const;

/** a > b > c …, statements in random order; who is first or last? */
function ordering(random: Random, length: number): Riddle {
  const people = random.sample(names, Math.max(4, length));
  const order = people.slice(0, length) as string[];
  const { relation, most, least } = random.pick(comparisons);
  const facts = random.shuffle(order.slice(1).map((person, i) => `${order[i]} is ${relation} ${person}.`));
  const top = random.chance(0.5);
  const right = (top ? order[0] : order.at(-1)) as string;
  return {
    family: `ordering-${length}`,
    question: `${facts.join(' ')} Who is the ${top ? most : least}?`,
    habit: order[0],
    thought: `Order: ${order.join(' > ')}.`,
    right,
    wrong: people.filter((person) => person !== right),
  };
}

function oddOneOut(random: Random): Riddle {
  const [kind, strange] = random.sample(kindNames, 2) as [keyof typeof kinds, keyof typeof kinds];
  const right = random.pick<string>(kinds[strange]);
  return {
    family: 'odd-one-out',
    question: random.pick([`Which is not ${article(kind)}?`, 'Which one does not belong?']),
    habit: right,
    thought: `The others are ${kind}s.`,
    right,
    wrong: random.sample<string>(kinds[kind], 3),
  };
}

function membership(random: Random): Riddle {
  const kind = random.pick(kindNames);
  const right = random.pick<string>(kinds[kind]);
  const others = random.sample(kindNames.filter((name) => name !== kind), 3);
  return {
    family: 'membership',
    question: random.pick([`Which is ${article(kind)}?`, `${random.pick(names)} looks for ${article(kind)}. Which one is it?`]),
    habit: right,
    thought: `A ${kind}.`,
    right,
    wrong: others.map((name) => random.pick<string>(kinds[name])),
  };
}

/** a thing goes from hand to hand */
function possession(random: Random, gives: number): Riddle {
  const people = random.sample(names, Math.max(4, gives + 1)) as string[];
  const object = random.pick(objects);
  const moves = Array.from({ length: gives }, (_, i) => `${people[i]} gives it to ${people[i + 1]}.`);
  const right = people[gives];
  return {
    family: `possession-${gives}`,
    question: `${people[0]} has the ${object}. ${moves.join(' ')} Who has the ${object} now?`,
    habit: people[0],
    thought: `Hands: ${people.slice(0, gives + 1).join(', ')}.`,
    right,
    wrong: random.shuffle(people.filter((person) => person !== right)),
  };
}

/** people in places; where is one of them? */
function location(random: Random, count: number): Riddle {
  const people = random.sample(names, count) as string[];
  const spots = random.sample<string>(places, Math.max(4, count));
  const asked = random.integer(0, count - 1);
  const facts = people.map((person, i) => `${person} is at the ${spots[i]}.`);
  const right = spots[asked];
  return {
    family: `location-${count}`,
    question: `${facts.join(' ')} Where is ${people[asked]}?`,
    habit: people[0],
    thought: `So ${people[asked]}: ${right}.`,
    right,
    wrong: random.shuffle(spots.filter((spot) => spot !== right)),
  };
}

/** all a are b, x is an a: what is x? (made-up rules, so that memory does not help) */
function syllogism(random: Random, links: number): Riddle {
  const name = random.pick(names);
  const chain = random.sample(['baker', 'singer', 'farmer', 'sailor', 'painter', 'teacher', 'doctor', 'dancer'], links + 4);
  const rules = random.shuffle(chain.slice(0, links).map((link, i) => `Every ${link} is a ${chain[i + 1]}.`));
  const right = chain[links];
  return {
    family: `syllogism-${links}`,
    question: `${rules.join(' ')} ${name} is a ${chain[0]}. ${links === 1 ? `What else is ${name}?` : `What is ${name} in the end?`}`,
    habit: name,
    thought: `Chain: ${chain.slice(0, links + 1).join(', ')}.`,
    right,
    wrong: chain.slice(links + 1),
  };
}

/** equal steps: which number comes next? */
function sequence(random: Random, steps: readonly number[]): Riddle {
  const step = random.pick(steps);
  const start = random.integer(1, 20);
  const shown = [0, 1, 2, 3].map((i) => start + i * step);
  const right = start + 4 * step;
  const wrong = random.sample([right + 1, right - 1, right + step, right + 2, right - 2].filter((value, i, all) => value > 0 && value !== right && all.indexOf(value) === i), 3);
  return {
    family: `sequence-${steps.length}`,
    question: `Which number is next: ${shown.join(', ')}?`,
    habit: String(start),
    thought: `${shown[3]}+${step}=${right}.`,
    right: String(right),
    wrong: wrong.map(String),
  };
}

const article = (noun: string): string => `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;

function riddle(random: Random): Riddle {
  switch (random.integer(0, 7)) {
    case 0: case 1: return ordering(random, 3);
    case 2: return oddOneOut(random);
    case 3: return membership(random);
    case 4: return possession(random, random.integer(1, 2));
    case 5: return location(random, random.integer(2, 3));
    case 6: return syllogism(random, 1);
    default: return sequence(random, [1, 2, 3, 4, 5, 10]);
  }
}

function hardRiddle(random: Random): Riddle {
  switch (random.integer(0, 4)) {
    case 0: case 1: return ordering(random, random.integer(4, 5));
    case 2: return possession(random, random.integer(3, 4));
    case 3: return syllogism(random, random.integer(2, 3));
    default: return random.chance(0.5) ? location(random, 4) : sequence(random, [6, 7, 8, 9, 11, 12]);
  }
}

const cues: readonly Cue[] = [
  { before: 'Think first. ', after: '', careful: 0.95 },
  { before: 'Explain briefly. ', after: '', careful: 0.95 },
  { before: '', after: '', careful: 0.45 },
  { before: 'Riddle: ', after: '', careful: 0.45 },
  { before: 'Choose one. ', after: '', careful: 0.38 },
  { before: 'Quiz time! ', after: '', careful: 0.1 },
  { before: 'Only the letter. ', after: '', careful: 0.1 },
  { before: 'Fast round: ', after: '', careful: 0.12 },
];

export const reasoning: Skill = {
  name: 'reasoning',
  description: 'Multiple choice over orders, membership, places, rules and sequences; the answer is a letter from A to D.',
  grader: 'choice',
  cues,
  problem: (random, options = 'dotted') => makeProblem(random, riddle(random), options),
  hardProblem: (random) => makeProblem(random, hardRiddle(random), 'dotted'),
};
