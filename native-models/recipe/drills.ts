/**
 * Exercise-book pages for what the reasoning skill is made of: telling an option's letter, putting people in order,
 * keeping track of places and hands. Every line asks for something that was just given, so each page teaches many
 * look-ups at once. Relations and wordings are not those of the skill's questions, and never longer.
 */
import type { Random } from './random.ts';
import type { OptionStyle } from './skills/skill.ts';
import { kindNames, kinds, names, objects, places } from './world.ts';

/** `given` is what a person would be handed; `text` is what they write. */
export interface Drill { given: string; text: string }

const letters = ['A', 'B', 'C', 'D'] as const;

export function drill(random: Random, options: OptionStyle): Drill {
  switch (random.integer(0, 7)) {
    case 0: case 1: return options === 'bracketed' ? lettersOf(random) : rooms(random);
    case 5: case 6: return again(random);
    case 2: return order(random);
    case 3: return rooms(random);
    case 4: return hands(random);
    default: return sorting(random);
  }
}

function lettersOf(random: Random): Drill {
  const words = optionWords(random);
  const given = words.map((word, i) => `${letters[i]}) ${word}`).join('\n');
  const asked = random.shuffle(words).map((word) => ` It is ${word} (${letters[words.indexOf(word)]}).`);
  return { given, text: asked.join('') };
}

/** The same words once more. */
function again(random: Random): Drill {
  const words = random.sample<string>([...names, ...places, ...objects], random.integer(5, 8));
  return { given: `Read ${words.join(' ')}.`, text: ` Again ${words.join(' ')}.` };
}

function optionWords(random: Random): string[] {
  switch (random.integer(0, 3)) {
    case 0: return random.sample<string>(names, 4);
    case 1: return random.sample<string>(places, 4);
    case 2: {
      const start = random.integer(3, 70);
      const step = random.integer(1, 3);
      return random.shuffle([0, 1, 2, 3]).map((i) => String(start + i * step));
    }
    default: return random.sample<string>(kindNames.flatMap((kind) => kinds[kind]), 4);
  }
}

function order(random: Random): Drill {
  const people = random.sample<string>(names, 3);
  const facts = random.shuffle([`${people[0]} is before ${people[1]}.`, `${people[1]} is before ${people[2]}.`]);
  return { given: facts.join(' '), text: ` ${people.join(' > ')}. First is ${people[0]}, last is ${people[2]}.` };
}

function rooms(random: Random): Drill {
  const people = random.sample<string>(names, 3);
  const spots = random.sample<string>(places, 3);
  const facts = people.map((person, i) => `${person} works in the ${spots[i]}.`);
  return { given: facts.join(' '), text: random.shuffle([0, 1, 2]).map((i) => ` ${people[i]}: ${spots[i]}.`).join('') };
}

function hands(random: Random): Drill {
  const people = random.sample<string>(names, 3);
  const object = random.pick(objects);
  return { given: `${people[0]} took the ${object}. ${people[0]} passed it to ${people[1]}. ${people[1]} passed it to ${people[2]}.`, text: ` First ${people[0]}, then ${people[1]}, now ${people[2]} holds the ${object}.` };
}

function sorting(random: Random): Drill {
  const [first, second] = random.sample(kindNames, 2) as [keyof typeof kinds, keyof typeof kinds];
  const [a, b] = [random.sample<string>(kinds[first], 2), random.sample<string>(kinds[second], 2)];
  return { given: `${random.shuffle([...a, ...b]).join(', ')}:`, text: ` ${a.toSorted().join(', ')} (${first}); ${b.toSorted().join(', ')} (${second}).` };
}
