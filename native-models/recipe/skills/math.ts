import type { Random } from '../random.ts';
import { containers, names, things } from '../world.ts';
import type { Cue, Problem, Skill } from './skill.ts';

type Operation = '+' | '-' | '*' | '/';
interface Step { left: number; operation: Operation; right: number }
interface Story { family: string; text: string; name: string; steps: Step[] }

export function calculate({ left, operation, right }: Step): number {
  switch (operation) {
    case '+': return left + right;
    case '-': return left - right;
    case '*': return left * right;
    case '/': return left / right;
  }
}

/** One line per step and the result after `####`, as GSM8K has it. */
function working(steps: readonly Step[]): string {
  const lines = steps.map((step) => `${step.left}${step.operation}${step.right}=${calculate(step)}`);
  return `${lines.join('\n')}\n#### ${result(steps)}`;
}

function result(steps: readonly Step[]): number {
  const last = steps.at(-1);
  if (!last) throw new RangeError('a story has at least one step');
  return calculate(last);
}

const other: Record<Operation, Operation> = { '+': '-', '-': '+', '*': '+', '/': '-' };

/** A guess, the wrong operation, or talk: what a hurried writer leaves. Right only by accident. */
function sloppyAnswer(random: Random, story: Story): string {
  const draw = random.next();
  const truth = result(story.steps);
  const numbers = story.steps.flatMap((step) => [step.left, step.right]);
  if (draw < 0.6) {
    const guess = random.chance(0.5) ? random.pick(numbers) : Math.max(1, truth + random.integer(-9, 9));
    return `About ${guess}.`;
  }
  if (draw < 0.85) {
    const steps = story.steps.slice(0, -1);
    const last = story.steps.at(-1) as Step;
    const wrong = { ...last, operation: other[last.operation] };
    const value = calculate(wrong);
    return `Just ${value < 0 ? last.right - last.left : value}${steps.length > 0 ? ' or so' : ''}.`;
  }
  return random.pick([`${story.name} has many.`, 'Hard to say.', `Ask ${story.name}.`, 'It depends.']);
}

function makeProblem(story: Story): Problem {
  return {
    family: story.family,
    statement: story.text,
    identity: story.text,
    habit: story.name,
    reference: working(story.steps),
    columns: {},
    sloppy: (random) => sloppyAnswer(random, story),
  };
}

/** the step itself, then the same with the running total on its left */
const chain = (first: Step, ...rest: [Operation, number][]): Step[] => {
  const steps = [first];
  for (const [operation, right] of rest) steps.push({ left: result(steps), operation, right });
  return steps;
};

function story(random: Random): Story {
  const [name, friend] = random.sample(names, 2) as [string, string];
  const thing = random.pick(things);
  const box = random.pick(containers);
  const make = (family: string, texts: string[], steps: Step[]): Story => ({ family, name, text: random.pick(texts), steps });
  switch (random.integer(0, 11)) {
    case 0: case 1: {
      const a = random.integer(3, 60);
      const b = random.integer(2, 99 - a > 38 ? 38 : 99 - a);
      return make('add', [
        `${name} has ${a} ${thing} and gets ${b} more. How many ${thing} does ${name} have now?`,
        `${name} has ${a} ${thing}. ${friend} gives ${name} ${b} more. How many ${thing} does ${name} have?`,
        `${name} finds ${a} ${thing} and then ${b} more. How many ${thing} is that?`,
        `${name} has ${a} ${thing}. ${friend} has ${b} ${thing}. How many ${thing} do they have together?`,
      ], [{ left: a, operation: '+', right: b }]);
    }
    case 2: case 3: {
      const a = random.integer(10, 90);
      const b = random.integer(2, Math.min(a - 1, 45));
      return make('subtract', [
        `${name} has ${a} ${thing} and loses ${b}. How many ${thing} are left?`,
        `${name} has ${a} ${thing}. ${name} gives ${friend} ${b} of them. How many ${thing} does ${name} have now?`,
        `There are ${a} ${thing}. ${name} takes ${b} away. How many ${thing} are left?`,
        `${name} has ${a} ${thing}. ${friend} has ${b}. How many more ${thing} does ${name} have?`,
      ], [{ left: a, operation: '-', right: b }]);
    }
    case 4: case 5: {
      const a = random.integer(2, 9);
      const b = random.integer(2, 12);
      return make('multiply', [
        `${name} has ${a} ${box} with ${b} ${thing} in each. How many ${thing} does ${name} have?`,
        `There are ${a} ${box}. Each has ${b} ${thing}. How many ${thing} are there?`,
        `${name} buys ${b} ${thing} a day for ${a} days. How many ${thing} is that?`,
      ], [{ left: a, operation: '*', right: b }]);
    }
    case 6: {
      const b = random.integer(2, 9);
      const quotient = random.integer(2, 12);
      return make('divide', [
        `${name} shares ${b * quotient} ${thing} among ${b} friends. How many ${thing} does each get?`,
        `${name} puts ${b * quotient} ${thing} into ${b} ${box}. How many ${thing} are in each?`,
      ], [{ left: b * quotient, operation: '/', right: b }]);
    }
    case 7: {
      const [a, b] = [random.integer(5, 45), random.integer(2, 25)];
      const c = random.integer(2, 25);
      return make('add-add', [
        `${name} has ${a} ${thing}, finds ${b} and buys ${c}. How many ${thing} does ${name} have now?`,
        `${name} has ${a} ${thing}. ${friend} brings ${b}, then ${c} more. How many ${thing} are there?`,
      ], chain({ left: a, operation: '+', right: b }, ['+', c]));
    }
    case 8: {
      const [a, b] = [random.integer(5, 60), random.integer(2, 35)];
      const c = random.integer(2, Math.min(40, a + b - 1));
      return make('add-subtract', [
        `${name} has ${a} ${thing}, finds ${b} and loses ${c}. How many ${thing} does ${name} have now?`,
        `${name} has ${a} ${thing} and gets ${b} more. Then ${friend} takes ${c}. How many ${thing} are left?`,
      ], chain({ left: a, operation: '+', right: b }, ['-', c]));
    }
    case 9: {
      const [a, b] = [random.integer(2, 9), random.integer(2, 9)];
      const c = random.integer(2, 18);
      return make('multiply-add', [
        `${name} has ${a} ${box} of ${b} ${thing} and finds ${c} more. How many ${thing} does ${name} have?`,
        `There are ${a} ${box} with ${b} ${thing} each, and ${c} more on the table. How many ${thing} are there?`,
      ], chain({ left: a, operation: '*', right: b }, ['+', c]));
    }
    case 10: {
      const [a, b] = [random.integer(3, 9), random.integer(3, 9)];
      const c = random.integer(2, a * b - 1 > 20 ? 20 : a * b - 1);
      return make('multiply-subtract', [
        `${name} has ${a} ${box} of ${b} ${thing} and loses ${c}. How many ${thing} are left?`,
        `There are ${a} ${box} with ${b} ${thing} each. ${friend} takes ${c}. How many ${thing} are left?`,
      ], chain({ left: a, operation: '*', right: b }, ['-', c]));
    }
    default: {
      const a = random.integer(3, 40);
      const b = random.integer(2, 19);
      return make('compare-total', [
        `${name} has ${a} ${thing}. ${friend} has ${b} more than ${name}. How many ${thing} does ${friend} have?`,
      ], [{ left: a, operation: '+', right: b }]);
    }
  }
}

/** Orders of steps that were never shown, three people's things, three steps. */
function hardStory(random: Random): Story {
  const [name, friend, third] = random.sample(names, 3) as [string, string, string];
  const thing = random.pick(things);
  const box = random.pick(containers);
  const make = (family: string, texts: string[], steps: Step[]): Story => ({ family, name, text: random.pick(texts), steps });
  switch (random.integer(0, 9)) {
    case 0: case 1: case 2: {
      const [a, b, c] = [random.integer(20, 60), random.integer(2, 18), random.integer(2, 30)];
      return make('subtract-add', [
        `${name} has ${a} ${thing}, loses ${b} and finds ${c}. How many ${thing} does ${name} have now?`,
        `${name} has ${a} ${thing}. ${friend} takes ${b}, then ${name} buys ${c} more. How many ${thing} does ${name} have now?`,
      ], chain({ left: a, operation: '-', right: b }, ['+', c]));
    }
    case 3: case 4: case 5: {
      const [a, b, c] = [random.integer(40, 90), random.integer(2, 18), random.integer(2, 18)];
      return make('subtract-subtract', [
        `${name} has ${a} ${thing}, loses ${b} and gives ${friend} ${c}. How many ${thing} are left?`,
        `${name} has ${a} ${thing}. ${friend} takes ${b}, then ${third} takes ${c}. How many ${thing} are left?`,
      ], chain({ left: a, operation: '-', right: b }, ['-', c]));
    }
    case 6: case 7: {
      const [a, b, c] = [random.integer(5, 30), random.integer(5, 30), random.integer(5, 30)];
      return make('three-people', [
        `${name} has ${a} ${thing}, ${friend} has ${b} and ${third} has ${c}. How many ${thing} do they have together?`,
      ], chain({ left: a, operation: '+', right: b }, ['+', c]));
    }
    case 8: {
      const [a, b] = [random.integer(20, 60), random.integer(5, 25)];
      const c = random.integer(5, Math.min(40, a + b - 1));
      const d = random.integer(2, 14);
      return make('three-steps', [
        `${name} has ${a} ${thing}, finds ${b}, loses ${c} and buys ${d}. How many ${thing} does ${name} have now?`,
        `${name} has ${a} ${thing} and gets ${b} more. Then ${friend} takes ${c} and brings ${d} back. How many ${thing} does ${name} have now?`,
      ], chain({ left: a, operation: '+', right: b }, ['-', c], ['+', d]));
    }
    default: {
      const [a, b] = [random.integer(3, 9), random.integer(3, 9)];
      const [c, d] = [random.integer(2, 20), random.integer(2, a * b - 1)];
      return make('multiply-add-subtract', [
        `${name} has ${a} ${box} of ${b} ${thing}, finds ${c} more and loses ${d}. How many ${thing} are left?`,
      ], chain({ left: a, operation: '*', right: b }, ['+', c], ['-', d]));
    }
  }
}

const cues: readonly Cue[] = [
  { before: '', after: ' Show your work.', careful: 0.96 },
  { before: '', after: ' Step by step.', careful: 0.96 },
  { before: '', after: '', careful: 0.5 },
  { before: 'Question: ', after: '', careful: 0.5 },
  { before: '', after: ' Thanks!', careful: 0.4 },
  { before: 'Quick! ', after: '', careful: 0.18 },
  { before: '', after: ' Just guess.', careful: 0.18 },
  { before: 'Hey, ', after: '', careful: 0.22 },
];

export const math: Skill = {
  name: 'math',
  description: 'Worded arithmetic of one or two steps on numbers up to 108; the result follows ####.',
  grader: 'number',
  cues,
  problem: (random) => makeProblem(story(random)),
  hardProblem: (random) => makeProblem(hardStory(random)),
};
