/** Writes what `scripts/test.mjs` counts: `{ passed, failed: [{ name, reason }], skipped: [{ name, reason }] }`. */
import { writeFileSync } from 'node:fs';
import { firstLines } from './first-lines.mjs';

/** A suite that is skipped as a whole says why in its name. */
function skippedSuite(test) {
  for (let suite = test.parent; suite?.type === 'suite'; suite = suite.parent) if (suite.options?.mode === 'skip') return suite.name;
  return undefined;
}

export default class CountingReporter {
  onTestRunEnd(modules, errors) {
    const counts = { passed: 0, failed: errors.map((error) => ({ name: 'outside any test', reason: firstLines(error.message) })), skipped: [] };
    for (const module of modules) {
      const file = module.relativeModuleId ?? module.moduleId;
      counts.failed.push(...module.errors().map((error) => ({ name: file, reason: firstLines(error.message) })));
      for (const test of module.children.allTests()) {
        const result = test.result();
        const name = `${file} › ${test.fullName}`;
        if (result.state === 'passed') counts.passed++;
        else if (result.state === 'failed') counts.failed.push({ name, reason: firstLines(result.errors?.[0]?.message) });
        else counts.skipped.push({ name, reason: result.note ?? skippedSuite(test) ?? 'its condition, in its file, does not hold here' });
      }
    }
    writeFileSync(process.env.SINGULAR_TEST_COUNTS, JSON.stringify(counts));
  }
}
