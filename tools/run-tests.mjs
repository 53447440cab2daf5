// Runs the tiers in order of their cost and closes with `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const tiers = ['unit', 'architecture', 'contracts', 'messaging', 'movers', 'conformance', 'host', 'e2e'];
const asked = process.argv.slice(2);
const unknown = asked.filter((tier) => !tiers.includes(tier));
if (unknown.length > 0) {
  console.error(`no such tier: ${unknown.join(', ')}; there are ${tiers.join(', ')}`);
  process.exit(2);
}

const work = mkdtempSync(join(tmpdir(), 'snapfleet-tests-'));
const totals = { passed: 0, failed: 0, skipped: 0 };

/** One tier; what could not even start counts as one failure, so that nothing is lost silently. */
function run(tier) {
  const outputFile = join(work, `${tier}.json`);
  const arguments_ = [
    'run',
    '--project',
    tier,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${outputFile}`,
  ];
  const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', ...arguments_], {
    stdio: 'inherit',
  });
  let report = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
  try {
    report = JSON.parse(readFileSync(outputFile, 'utf8'));
  } catch {
    console.error(`tier ${tier} gave no report`);
  }
  totals.passed += report.numPassedTests;
  totals.failed += status === 0 || report.numFailedTests > 0 ? report.numFailedTests : 1;
  totals.skipped += report.numPendingTests + report.numTodoTests;
  if (status === 0 && report.numPassedTests === 0) totals.failed += 1;
}

for (const tier of asked.length > 0 ? asked : tiers) {
  console.log(`\n=== ${tier}`);
  run(tier);
}
rmSync(work, { recursive: true, force: true });
if (totals.skipped > 0) console.error(`${totals.skipped} tests were skipped; a test that cannot run has to fail`);
totals.failed += totals.skipped;
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exit(totals.failed === 0 ? 0 : 1);
