import { createGrader, type Grader } from '../tasks/graders/index.ts';

interface Kept { grader: Promise<Grader>; users: number }

/** Graders beyond those in use: a Python process takes a second to start, and a person tests a grader again and again. */
const unusedKept = 4;

/** The graders of an engine, by their spec. Each may have processes of its own, so the last few stay and the others end. */
export class GraderStore {
  /** oldest use first */
  private readonly graders = new Map<string, Kept>();

  /** Lends a grader for as long as `work` runs. Errors: those of `createGrader`. */
  async using<T>(spec: string, work: (grader: Grader) => Promise<T>): Promise<T> {
    const kept = this.graders.get(spec) ?? { grader: createGrader(spec), users: 0 };
    this.use(spec, kept);
    kept.users++;
    try {
      return await work(await kept.grader);
    } finally {
      kept.users--;
      await this.rest(spec, kept);
    }
  }

  /** Makes it the latest used. */
  private use(spec: string, kept: Kept): void {
    this.graders.delete(spec);
    this.graders.set(spec, kept);
  }

  private async rest(spec: string, kept: Kept): Promise<void> {
    const made = await kept.grader.catch(() => null);
    if (this.graders.get(spec) !== kept) return;
    if (made === null) {
      this.graders.delete(spec);
      return;
    }
    this.use(spec, kept);
    const unused = [...this.graders].filter(([, { users }]) => users === 0);
    for (const [old, { grader }] of unused.slice(0, Math.max(0, unused.length - unusedKept))) {
      this.graders.delete(old);
      await (await grader).dispose();
    }
  }
}
