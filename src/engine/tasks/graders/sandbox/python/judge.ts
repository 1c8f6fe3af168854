/**
 * The judge of Python answers: two processes, one that runs answers and one that runs tests. The tests say which calls
 * they make, the answer's process makes them, and the tests run on what came back; tests whose calls depend on results
 * take more rounds. An answer that takes over its process has gained the right to name its results, and no more.
 */
import { z } from 'zod';
import type { Sandbox, SandboxOutcome, SandboxProcess } from '../process.ts';
import type { Ask } from './child.ts';

/** What a row's tests are made of, and the sources of its answer, as `python.ts` writes them. */
export interface PythonRow { answer: Record<string, unknown>; tests: Record<string, unknown> }
interface Verdict { passed: boolean; reason: string }

/** What the processes say is data from outside, the answers' most of all. */
const saidSchema = z.union([z.object({ text: z.string().max(16_000_000).nullable(), usedMs: z.number().nonnegative() }), z.object({ crashed: z.string() })]);
const verdictSchema = z.object({ passed: z.boolean(), reason: z.string() });
const testsSay = z.union([verdictSchema, z.object({ asks: z.array(z.unknown()) })]);
const answerSays = z.union([z.object({ broken: z.string() }), z.object({ results: z.array(z.unknown()) })]);
type TestsSay = z.infer<typeof testsSay>;

/** Rounds between tests and answer, rows judged together, and rows whose first questions are kept. */
const mostRounds = 24;
const together = 16;
const mostKept = 256;

/** A row on its way: what its tests say so far, what is left of each side's time, and how it ended. */
class Case {
  readonly row: PythonRow;
  readonly testsText: string;
  readonly left: Record<'answer' | 'tests', number>;
  say: TestsSay = { asks: [] };
  known: [operation: unknown, result: unknown][] = [];
  outcome: SandboxOutcome | undefined;

  constructor(row: PythonRow, rowMs: number) {
    this.row = row;
    this.testsText = JSON.stringify(row.tests);
    this.left = { answer: rowMs, tests: rowMs };
  }

  fail(reason: string): void {
    this.outcome = { value: { passed: false, reason: reason.slice(0, 300) } satisfies Verdict };
  }
}

export class PythonJudge implements Sandbox {
  private readonly answers: SandboxProcess;
  private readonly tests: SandboxProcess;
  private readonly rowMs: number;
  /** The operations that tests ask for before any result is known: the same for every answer to a row. */
  private readonly firstSays = new Map<string, TestsSay>();

  /** `rowMs` is the processor time of each side, over all rounds of a row. */
  constructor(answers: SandboxProcess, tests: SandboxProcess, rowMs: number) {
    this.answers = answers;
    this.tests = tests;
    this.rowMs = rowMs;
  }

  /** `payloads` are `PythonRow`s; values are `Verdict`s. */
  async run(payloads: readonly string[]): Promise<SandboxOutcome[]> {
    if (payloads.length === 0) return [];
    this.tests.warm();
    this.answers.warm();
    const cases = payloads.map((payload) => new Case(JSON.parse(payload) as PythonRow, this.rowMs));
    let next = 0;
    // two groups at a time: while one is with the tests, the other is with the answers
    const lane = async (): Promise<void> => {
      for (let from = next; from < cases.length; from = next) {
        next = from + together;
        await this.judge(cases.slice(from, next));
      }
    };
    await Promise.all([lane(), lane()]);
    return cases.map(({ outcome }) => outcome ?? { failed: 'died' });
  }

  async dispose(): Promise<void> {
    await Promise.all([this.answers.dispose(), this.tests.dispose()]);
  }

  private async judge(cases: readonly Case[]): Promise<void> {
    await this.begin(cases);
    for (let round = 0; round < mostRounds; round++) {
      const answering = open(cases);
      if (answering.length === 0) return;
      await this.answer(answering);
      const asking = open(answering);
      await this.weigh(asking);
      for (const one of open(asking)) if ('passed' in one.say) one.outcome = { value: one.say };
    }
    for (const one of open(cases)) one.fail('the tests do not come to an end');
  }

  /** What the tests ask first. */
  private async begin(cases: readonly Case[]): Promise<void> {
    const asking = new Map(cases.filter(({ testsText }) => !this.firstSays.has(testsText)).map((one) => [one.testsText, one]));
    await this.weigh([...asking.values()]);
    for (const [text, one] of asking) if (one.outcome === undefined) this.firstSays.set(text, one.say);
    for (const one of cases) {
      const say = this.firstSays.get(one.testsText);
      const first = asking.get(one.testsText);
      if (say !== undefined) one.say = say;
      else if (first !== undefined) one.outcome = first.outcome;
    }
    for (const text of this.firstSays.keys()) {
      if (this.firstSays.size <= mostKept) break;
      this.firstSays.delete(text);
    }
  }

  /** The answers' side does what the tests asked. Tests that asked nothing have spoken, where the answer runs at all. */
  private async answer(cases: readonly Case[]): Promise<void> {
    await this.apart('answer', cases, answerSays, ({ row, say }) => ({ ...row.answer, operations: 'asks' in say ? say.asks : [] }), (one, said) => {
      const { say } = one;
      if ('broken' in said) one.fail(`the code: ${said.broken}`);
      else if ('asks' in say) one.known = say.asks.slice(0, said.results.length).map((operation, index) => [operation, said.results[index]]);
      else one.outcome = { value: say };
    });
  }

  /** The tests' side runs the tests on what is known. */
  private async weigh(cases: readonly Case[]): Promise<void> {
    await this.apart('tests', cases, testsSay, ({ row, known }) => ({ ...row.tests, known }), (one, say) => {
      one.say = say;
    });
  }

  /** Runs one side of each case, and reads what it said. */
  private async apart<T>(side: 'answer' | 'tests', cases: readonly Case[], schema: z.ZodType<T>, inputOf: (one: Case) => unknown, take: (one: Case, said: T) => void): Promise<void> {
    const process = side === 'answer' ? this.answers : this.tests;
    const whose = side === 'answer' ? 'the code' : 'the test';
    const asked = cases.flatMap((one) => {
      try {
        return [{ one, payload: JSON.stringify({ input: JSON.stringify(inputOf(one)), ms: one.left[side] } satisfies Ask) }];
      } catch {
        one.fail('the code gave a value that is too large or too deep');
        return [];
      }
    });
    const outcomes = await process.run(asked.map(({ payload }) => payload));
    for (const [index, { one }] of asked.entries()) {
      const outcome = outcomes[index] ?? { failed: 'died' };
      const said = saidSchema.safeParse('value' in outcome ? outcome.value : undefined);
      if ('failed' in outcome) one.outcome = outcome;
      else if (!said.success) one.fail(`${whose} broke its process`);
      else if ('crashed' in said.data) one.fail(`${whose} ${said.data.crashed}`);
      else {
        one.left[side] -= said.data.usedMs;
        const parsed = schema.safeParse(json(said.data.text ?? ''));
        if (parsed.success) take(one, parsed.data);
        else one.fail(one.left[side] <= 0 ? `${whose}: took too long` : `${whose} broke its process`);
      }
    }
  }
}

const open = (cases: readonly Case[]): Case[] => cases.filter(({ outcome }) => outcome === undefined);

/** The value of a text that may be anything; undefined where it is no JSON. */
function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
