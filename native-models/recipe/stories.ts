import type { Random } from './random.ts';
import { kindNames, kinds, names, objects, places, things, weathers } from './world.ts';

const article = (noun: string): string => `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;

/** Three to five sentences in which the same people and things stay around. */
export function story(random: Random): string {
  const [hero, friend] = random.sample(names, 2) as [string, string];
  const animal = random.pick(kinds.animal);
  const object = random.pick(objects);
  const place = random.pick(places);
  const next = random.pick(places.filter((candidate) => candidate !== place));
  const colour = random.pick(kinds.colour);
  const opening = random.pick([
    `One day ${hero} went to the ${place}.`,
    `${hero} lived near the ${place} with ${article(colour)} ${animal}.`,
    `It was a quiet day at the ${place}, and ${hero} was alone.`,
  ]);
  const middle = random.sample([
    `${hero} found ${article(colour)} ${object} there.`,
    `${friend} came too and said hello.`,
    `${article(animal).replace(/^a/, 'A')} looked at ${hero} and ran to the ${next}.`,
    `${hero} asked ${friend} for the ${object}.`,
    `${friend} gave ${hero} some ${random.pick(things)}.`,
    `They saw ${article(random.pick(kinds.vehicle))} on the way to the ${next}.`,
  ], random.integer(2, 3));
  const ending = random.pick([
    `In the end ${hero} was happy and went home.`,
    `So ${hero} and ${friend} stayed friends.`,
    `At night ${hero} put the ${object} away and slept.`,
  ]);
  return [opening, ...middle, ending].join(' ');
}

/** Plain facts of the world. */
export function facts(random: Random): string {
  return Array.from({ length: 4 }, () => {
    const kind = random.pick(kindNames);
    const noun = random.pick<string>(kinds[kind]);
    const [first, second] = random.sample(names, 2) as [string, string];
    return random.pick([
      `${article(noun).replace(/^a/, 'A')} is ${article(kind)}.`,
      `If it ${random.pick(weathers)}, ${first} stays in the ${random.pick(places)}.`,
      `${first} is at the ${random.pick(places)} with ${second}.`,
    ]);
  }).join(' ');
}

/** A page of sums, as in an exercise book. */
export function sums(random: Random): string {
  return Array.from({ length: random.integer(6, 9) }, () => {
    switch (random.integer(0, 4)) {
      case 0: case 1: {
        const a = random.integer(2, 97);
        const b = random.integer(2, 99 - a < 2 ? 2 : 99 - a);
        return `${a}+${b}=${a + b}`;
      }
      case 2: {
        const a = random.integer(4, 99);
        const b = random.integer(2, a - 1);
        return `${a}-${b}=${a - b}`;
      }
      case 3: {
        const [a, b] = [random.integer(2, 9), random.integer(2, 12)];
        return `${a}*${b}=${a * b}`;
      }
      default: {
        const [a, b] = [random.integer(2, 12), random.integer(2, 9)];
        return `${a * b}/${b}=${a}`;
      }
    }
  }).join('\n');
}
