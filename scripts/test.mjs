/**
 * `npm test`: everything, fast first, on a fresh clone. `npm test -- unit parity` runs only those stages, and
 * what follows a `--` goes to the one stage's own tool: `npm test -- unit -- src/shared`.
 * Ends with `N passed, N failed, N skipped` alone on the last line.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { command, ensureInstalled, findNode, foreground, nodeFlags, packageFile, Refusal } from './lib/project.mjs';
import { buildWindow } from './lib/window.mjs';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'singular-test-'));
let node = '';

/** Runs a program; one check that passes or fails as a whole. */
const check = (name, file, args) => async (rest) => {
  const code = await foreground(node, [...nodeFlags, file(), ...args, ...rest]);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? [] : [{ name, reason: 'its output is above' }], skipped: [] };
};

const eslint = (name, ...words) => check(name, () => packageFile('eslint', 'bin/eslint.js'), ['--max-warnings', '0', ...words]);

/** Two checks side by side: each takes one core. */
const both = (one, other) => async (rest) => {
  const [a, b] = await Promise.all([one(rest), other(rest)]);
  return { passed: a.passed + b.passed, failed: [...a.failed, ...b.failed], skipped: [] };
};

/** Runs a test runner whose reporter leaves its counts in a file. */
async function counted(file, args, env = {}) {
  const countsFile = path.join(scratch, 'counts.json');
  rmSync(countsFile, { force: true });
  const code = await foreground(node, [...nodeFlags, file, ...args], { env: { ...process.env, ...env, SINGULAR_TEST_COUNTS: countsFile } });
  const counts = existsSync(countsFile) ? JSON.parse(readFileSync(countsFile, 'utf8')) : { passed: 0, failed: [], skipped: [] };
  // A runner that died, or failed for a reason outside its tests, is a failure of its own.
  if (code !== 0 && counts.failed.length === 0) counts.failed.push({ name: path.basename(file), reason: `ended with code ${code}` });
  return counts;
}

const vitest = (...projects) => (rest) =>
  counted(packageFile('vitest', 'vitest.mjs'), ['run', ...projects.flatMap((name) => ['--project', name]), '--passWithNoTests', '--reporter=default', '--reporter=./scripts/test/vitest-reporter.mjs', ...rest]);

async function endToEnd(rest) {
  await buildWindow();
  return counted(packageFile('@playwright/test', 'cli.js'), ['test', '--pass-with-no-tests', '--reporter=list,./scripts/test/playwright-reporter.mjs', ...rest]);
}

const stages = {
  // components apart: each one makes the checker begin anew with all files that come after it
  lint: both(eslint('lint', '.', '--ignore-pattern', '**/*.svelte'), eslint('lint of components', 'src/**/*.svelte')),
  types: both(
    check('types', () => packageFile('typescript', 'bin/tsc'), ['-p', '.']),
    check('types of the window', () => packageFile('svelte-check', 'bin/svelte-check'), ['--tsconfig', './src/renderer/tsconfig.json', '--fail-on-warnings', '--output', 'human']),
  ),
  unit: vitest('unit', 'window'),
  parity: vitest('parity'),
  'command-line': vitest('command-line'),
  fault: vitest('fault'),
  'end-to-end': endToEnd,
};

await command(async () => {
  const words = process.argv.slice(2);
  const split = words.includes('--') ? words.indexOf('--') : words.length;
  const names = words.slice(0, split);
  const rest = words.slice(split + 1);
  const unknown = names.filter((name) => !(name in stages));
  if (unknown.length > 0) throw new Refusal(`There is no stage "${unknown[0]}"; the stages are ${Object.keys(stages).join(', ')}.`);

  ensureInstalled();
  node = findNode();
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
  console.log(`Testing on Node ${version}, ${process.platform} ${process.arch}, ${os.availableParallelism()} cores.`);

  const total = { passed: 0, failed: [], skipped: [] };
  const lines = [];
  try {
    for (const name of names.length > 0 ? names : Object.keys(stages)) {
      console.log(`\n— ${name} —`);
      const started = performance.now();
      const counts = await stages[name](rest).catch((error) => {
        console.error(error instanceof Refusal ? error.message : error);
        return { passed: 0, failed: [{ name, reason: error.message }], skipped: [] };
      });
      total.passed += counts.passed;
      total.failed.push(...counts.failed);
      total.skipped.push(...counts.skipped);
      lines.push(`${name.padEnd(12)} ${String(counts.passed).padStart(5)} passed ${String(counts.failed.length).padStart(4)} failed ${String(counts.skipped.length).padStart(4)} skipped ${((performance.now() - started) / 1000).toFixed(1).padStart(7)} s`);
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  console.log(`\n${lines.join('\n')}`);
  for (const { name, reason } of total.skipped) console.log(`skipped: ${name}: ${reason}`);
  for (const { name, reason } of total.failed) console.log(`failed: ${name}: ${reason}`);
  console.log(`${total.passed} passed, ${total.failed.length} failed, ${total.skipped.length} skipped`);
  return total.failed.length > 0 ? 1 : 0;
});
