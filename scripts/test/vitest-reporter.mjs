/** Writes what `scripts/test.mjs` counts: `{ passed, failed, skipped: [{ name, reason }] }`. */
import { writeFileSync } from 'node:fs';

/** A suite that is skipped as a whole says why in its name. */
function skippedSuite(test) {
  for (let suite = test.parent; suite?.type === 'suite'; suite = suite.parent) if (suite.options?.mode === 'skip') return suite.name;
  return undefined;
}

export default class CountingReporter {
  onTestRunEnd(modules, errors) {
    const counts = { passed: 0, failed: errors.length, skipped: [] };
    for (const module of modules) {
      if (module.errors().length > 0) counts.failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') counts.passed++;
        else if (result.state === 'failed') counts.failed++;
        else counts.skipped.push({ name: `${module.relativeModuleId ?? module.moduleId} › ${test.fullName}`, reason: result.note ?? skippedSuite(test) ?? 'its condition, in its file, does not hold here' });
      }
    }
    writeFileSync(process.env.SINGULAR_TEST_COUNTS, JSON.stringify(counts));
  }
}
