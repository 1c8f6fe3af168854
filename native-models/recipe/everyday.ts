/**
 * Questions that are for none of the skills: what people ask a model besides. A dispatcher learns from them what to
 * leave to the base. No kind of question is in two splits, so that what is measured is new kinds, not new words.
 */
import { createRandom } from './random.ts';
import type { Split } from './splits.ts';
import { names, objects, places } from './world.ts';

export interface EverydayRow { prompt: string; family: string }

export const everydayCounts: Record<Split, number> = { train: 300, validation: 60, test: 200 };

interface Family {
  /** `{a}` and `{b}` stand for two different ones of `words` */
  forms: readonly string[];
  words: readonly string[];
}

const countries = ['France', 'Peru', 'Japan', 'Kenya', 'Norway', 'Canada', 'Egypt', 'Brazil', 'India', 'Spain'] as const;
const dishes = ['bread', 'tomato soup', 'apple pie', 'pancakes', 'fried rice', 'lentil stew', 'a birthday cake', 'lemonade'] as const;
const animals = ['a cat', 'a dog', 'a parrot', 'a rabbit', 'a pony', 'a goldfish', 'a hamster', 'a tortoise'] as const;
const feelings = ['sad', 'nervous', 'bored', 'tired', 'angry', 'lonely', 'proud', 'homesick'] as const;
const machines = ['a bicycle', 'a microwave', 'a steam engine', 'a camera', 'a refrigerator', 'a radio', 'a rocket', 'a clock'] as const;
const subjects = ['the sea', 'autumn', 'an old house', 'the moon', 'a lost letter', 'my grandmother', 'the first snow', 'a train at night'] as const;
const languages = ['German', 'Spanish', 'Swahili', 'Polish', 'Japanese', 'Latin', 'Welsh', 'Turkish'] as const;
const sports = ['chess', 'tennis', 'rowing', 'badminton', 'football', 'climbing', 'judo', 'curling'] as const;

export const families: Record<Split, Record<string, Family>> = {
  train: {
    capital: { forms: ['What is the capital of {a}?', 'Which city is the capital of {a}, and what is it known for?'], words: countries },
    recipe: { forms: ['How do I make {a}?', 'Give me a simple recipe for {a}.', 'What do I need to cook {a} for my friends?'], words: dishes },
    poem: { forms: ['Write a short poem about {a}.', 'Please write four lines of verse on {a}.'], words: subjects },
    translation: { forms: ['How do you say “good morning” in {a}?', 'Translate “I am looking for the station” into {a}.'], words: languages },
    weather: { forms: ['What will the weather be like in {a} tomorrow?', 'Is it usually warm in {a} in May?'], words: countries },
    film: { forms: ['Can you recommend a film about {a}?', 'Which film should we watch tonight? We like {a}.'], words: subjects },
    greeting: { forms: ['Hello, I am {a}. How are you?', 'Hi! {a} here. What can you do for me?', 'Good evening, my name is {a}.'], words: names },
    sleep: { forms: ['I feel {a} and cannot sleep. What should I do?', 'Why do I wake up at night when I am {a}?'], words: feelings },
    meaning: { forms: ['What does the word “{a}” mean?', 'Where does the word “{a}” come from?'], words: ['serene', 'candour', 'nostalgia', 'zeal', 'frugal', 'whimsy', 'gallant', 'dawn'] },
    invitation: { forms: ['Write an email to {a} and invite them to my party.', 'Help me to invite {a} to dinner on Friday.'], words: names },
    journey: { forms: ['What should I see in {a} in three days?', 'Plan a trip to {a} for a family with children.'], words: countries },
    gift: { forms: ['What could I give {a} for their birthday?', 'I need a present for my friend {a}, who likes music.'], words: names },
    rules: { forms: ['Explain the rules of {a} to a beginner.', 'How long does a match of {a} take?'], words: sports },
    pet: { forms: ['Should I get {a} or {b}?', 'How do I look after {a}?', 'What is a good name for {a}?'], words: animals },
    history: { forms: ['Who was the first king or queen of {a}?', 'Tell me about the history of {a}.'], words: countries },
    story: { forms: ['Tell me a story about {a}.', 'Write the beginning of a novel about {a}.'], words: subjects },
    garden: { forms: ['How often should I water {a}?', 'When is the best time to plant {a}?'], words: ['roses', 'tomatoes', 'tulips', 'herbs', 'an oak', 'strawberries', 'a cactus', 'beans'] },
    opinion: { forms: ['What do you think about {a}?', 'Is {a} a good thing for children?'], words: ['school uniforms', 'homework', 'television', 'zoos', 'early rising', 'video games', 'long holidays', 'pocket money'] },
    joke: { forms: ['Tell me a joke about {a}.', 'Do you know a funny story with {a}?'], words: animals },
    song: { forms: ['Write a song that {a} could sing.', 'Which song should {a} learn on the guitar first?'], words: names },
    tidying: { forms: ['How do I keep {a} tidy?', 'What colour should I paint {a}?'], words: ['my kitchen', 'a small flat', 'the hall', 'a studio', 'the office', 'a nursery', 'the attic', 'my desk'] },
    news: { forms: ['What is new in {a} today?', 'What happened in {a} last week?'], words: countries },
  },
  validation: {
    bedtime: { forms: ['Tell {a} a bedtime story.', 'Sing {a} to sleep, please.'], words: names },
    packing: { forms: ['What should I pack for a week in {a}?', 'Do I need a visa for {a}?'], words: countries },
    slogan: { forms: ['Think of a slogan for a shop that sells {a}.', 'Name a new café that is famous for {a}.'], words: dishes },
    festival: { forms: ['Which festivals do people celebrate in {a}?', 'What do people in {a} eat on holidays?'], words: countries },
    fitness: { forms: ['How do I get better at {a}?', 'What should I eat before {a}?'], words: sports },
  },
  test: {
    invention: { forms: ['Who invented {a}?', 'How does {a} work?', 'Explain {a} to a five-year-old.'], words: machines },
    apology: { forms: ['Write a note to {a} to say that I am sorry.', 'How can I apologise to {a} for being late?'], words: names },
    wishes: { forms: ['Write a birthday card for {a}.', 'Say something kind to {a}, who starts a new job today.'], words: names },
    thanks: { forms: ['Thank you, {a} and I learned a lot today.', 'Goodbye! {a} says hello.'], words: names },
    comfort: { forms: ['I feel {a} today. Can we talk?', 'How do I help a friend who is {a}?'], words: feelings },
    author: { forms: ['Who wrote the best book about {a}?', 'Recommend a novel for someone who loves {a}.'], words: subjects },
    learning: { forms: ['How long does it take to learn {a}?', 'Give me tips for learning {a} at home.'], words: languages },
    interview: { forms: ['How do I prepare for an interview as {a}?', 'What does {a} do all day?'], words: ['a baker', 'a pilot', 'a nurse', 'a teacher', 'a lawyer', 'a gardener', 'a plumber', 'a chef'] },
    stain: { forms: ['How do I get {a} out of a shirt?', 'My sofa has a stain of {a}. Help!'], words: ['red wine', 'coffee', 'ink', 'grass', 'chocolate', 'oil', 'jam', 'mud'] },
    description: { forms: ['Describe {a} in the early morning.', 'What does {a} smell like after the rain?'], words: places.map((place) => `the ${place}`) },
    identity: { forms: ['Are you a person or a machine, {a} wants to know.', 'Who made you? {a} asked me.'], words: names },
    repair: { forms: ['{a} of mine is broken. Where can I have it repaired?', 'Is it worth repairing {a}?'], words: machines },
    selling: { forms: ['Write an advertisement for an old {a}.', 'How much is an antique {a} worth?'], words: objects },
    wildlife: { forms: ['What do wild relatives of {a} eat?', 'How long does {a} live?'], words: animals },
    drawing: { forms: ['How do I draw {a}?', 'Which colours suit a painting of {a}?'], words: subjects },
    money: { forms: ['Is life expensive in {a}?', 'Which currency do they use in {a}?'], words: countries },
  },
};

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** At most `count` different questions of one split, families in equal parts, in random order. */
export function everydayRows(split: Split, count: number, seed: number): EverydayRow[] {
  const random = createRandom(seed, `everyday ${split}`);
  const all = Object.entries(families[split]).map(([family, { forms, words }]) => random.shuffle(
    [...new Set(forms.flatMap((form) => words.map((word, i) => capital(form.replace('{a}', word).replace('{b}', words[(i + 1) % words.length])))))].map((prompt) => ({ prompt, family })),
  ));
  const rows: EverydayRow[] = [];
  for (let round = 0; rows.length < count && all.some((of) => round < of.length); round++) rows.push(...all.flatMap((of) => of.slice(round, round + 1)));
  return random.shuffle(rows.slice(0, count));
}
