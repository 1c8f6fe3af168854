/** The small world that everything is told about: few words, each used in many places. */
export const names = [
  'Tom', 'Ann', 'Bob', 'Sam', 'Lily', 'Max', 'Mia', 'Ben', 'Eva', 'Leo', 'Kim', 'Dan',
  'Zoe', 'Jack', 'Rosa', 'Finn', 'Nora', 'Omar', 'Ivy', 'Hugo', 'Tara', 'Paul', 'Ruth', 'Noah',
] as const;

/** Plural things that can be counted, given and lost. */
export const things = [
  'apples', 'pears', 'plums', 'eggs', 'nuts', 'coins', 'books', 'pens', 'cups', 'stones', 'shells', 'keys',
  'cards', 'stamps', 'balls', 'beads', 'flowers', 'cakes',
] as const;

export const containers = ['bags', 'boxes', 'baskets', 'jars'] as const;

/** What belongs to what: for the odd one out and for membership. */
export const kinds = {
  animal: ['cat', 'dog', 'cow', 'hen', 'fox', 'goat', 'duck', 'horse'],
  fruit: ['apple', 'pear', 'plum', 'grape', 'lemon', 'peach', 'cherry', 'melon'],
  colour: ['red', 'blue', 'green', 'yellow', 'black', 'white', 'pink', 'brown'],
  tool: ['hammer', 'saw', 'spade', 'rake', 'axe', 'drill', 'knife', 'brush'],
  vehicle: ['car', 'bus', 'boat', 'train', 'bike', 'truck', 'plane', 'tram'],
} as const;
export type Kind = keyof typeof kinds;
export const kindNames = Object.keys(kinds) as Kind[];

export const places = ['house', 'garden', 'barn', 'shop', 'school', 'mill', 'lake', 'wood', 'market', 'bridge'] as const;
export const objects = ['key', 'book', 'ball', 'lamp', 'cup', 'map', 'rope', 'hat', 'coat', 'drum'] as const;
export const weathers = ['rains', 'snows'] as const;

/** Texts that Python tests run on. */
export const sampleWords = [
  'apple', 'garden', 'market', 'bridge', 'yellow', 'hammer', 'cherry', 'school', 'butter', 'lemon', 'banana', 'letter',
  'window', 'summer', 'planet', 'kitten', 'pepper', 'silver', 'tunnel', 'violet',
] as const;
