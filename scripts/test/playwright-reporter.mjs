/** Writes what `scripts/test.mjs` counts: `{ passed, failed: [{ name, reason }], skipped: [{ name, reason }] }`. */
import { writeFileSync } from 'node:fs';
import { firstLines } from './first-lines.mjs';

export default class CountingReporter {
  errors = [];

  onBegin(_config, suite) {
    this.suite = suite;
  }

  /** An error outside any test: a file that does not load, a fixture of the worker. */
  onError(error) {
    this.errors.push({ name: 'outside any test', reason: firstLines(error.message ?? error.value) });
  }

  onEnd() {
    const counts = { passed: 0, failed: this.errors, skipped: [] };
    for (const test of this.suite?.allTests() ?? []) {
      const outcome = test.outcome();
      const name = test.titlePath().filter(Boolean).join(' › ');
      if (outcome === 'skipped') {
        const asked = test.annotations.concat(test.results.flatMap((result) => result.annotations ?? [])).find((note) => note.type === 'skip');
        // Nobody asked for it behind a failure in a serial file: there it did not run.
        counts.skipped.push({ name, reason: asked ? (asked.description ?? 'no reason given') : 'it did not run, as after a failure in the same file' });
      } else if (outcome === 'unexpected') counts.failed.push({ name, reason: firstLines(test.results.at(-1)?.error?.message) });
      else counts.passed++;
    }
    writeFileSync(process.env.SINGULAR_TEST_COUNTS, JSON.stringify(counts));
  }

  printsToStdio() {
    return false;
  }
}
