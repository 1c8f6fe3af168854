/** Writes what `scripts/test.mjs` counts: `{ passed, failed, skipped: [{ name, reason }] }`. */
import { writeFileSync } from 'node:fs';

export default class CountingReporter {
  onTestRunEnd(modules, errors) {
    const counts = { passed: 0, failed: errors.length, skipped: [] };
    for (const module of modules) {
      if (module.errors().length > 0) counts.failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') counts.passed++;
        else if (result.state === 'failed') counts.failed++;
        else counts.skipped.push({ name: `${module.relativeModuleId ?? module.moduleId} › ${test.fullName}`, reason: result.note ?? 'no reason given' });
      }
    }
    writeFileSync(process.env.SINGULAR_TEST_COUNTS, JSON.stringify(counts));
  }
}
