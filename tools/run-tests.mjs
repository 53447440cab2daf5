// Checks the code, runs the tiers, and closes with `N passed, N failed`. Three lanes run beside each other, of about the same
// length: each waits for something else most of the time. What one gives out is printed whole when it has ended.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const lanes = [
  ['e2e-real', 'messaging', 'conformance', 'unit', 'contracts'],
  ['conformance-real', 'e2e', 'faults'],
  ['host', 'lint', 'architecture', 'movers'],
];

const asked = process.argv.slice(2);
const unknown = asked.filter((tier) => !lanes.flat().includes(tier));
if (unknown.length > 0) {
  console.error(`no such tier: ${unknown.join(', ')}; there are ${lanes.flat().join(', ')}`);
  process.exit(2);
}

const work = mkdtempSync(join(tmpdir(), 'snapfleet-tests-'));
const totals = { passed: 0, failed: 0, skipped: 0 };

/** Runs a program; resolves with its exit code. */
function runProgram(name, program, words) {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const begun = performance.now();
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
  return new Promise((resolve) => {
    child.on('close', (code) => {
      process.stdout.write(`\n=== ${name} (${Math.round((performance.now() - begun) / 1000)} s)\n`);
      for (const chunk of output) process.stdout.write(chunk);
      resolve(code);
    });
  });
}

/** Formatter, linter and types. */
async function lint() {
  const code = await runProgram('lint', 'tools/lint', []);
  totals[code === 0 ? 'passed' : 'failed'] += 1;
}

/** One tier; what could not even start counts as one failure, so that nothing is lost silently. */
async function run(tier) {
  const outputFile = join(work, `${tier}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${outputFile}`];
  const words = ['node_modules/vitest/vitest.mjs', 'run', '--project', tier, ...reporters];
  const code = await runProgram(tier, process.execPath, words);
  let report = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
  try {
    report = JSON.parse(readFileSync(outputFile, 'utf8'));
  } catch {
    console.error(`tier ${tier} gave no report`);
  }
  const failed = code === 0 && report.numPassedTests > 0 ? 0 : 1;
  totals.passed += report.numPassedTests;
  totals.failed += Math.max(report.numFailedTests, failed);
  totals.skipped += report.numPendingTests + report.numTodoTests;
}

const running = lanes.map(async (lane) => {
  for (const tier of lane) {
    if (asked.length > 0 && !asked.includes(tier)) continue;
    await (tier === 'lint' ? lint() : run(tier));
  }
});
await Promise.all(running);
rmSync(work, { recursive: true, force: true });
if (totals.skipped > 0) {
  console.error(`${totals.skipped} tests were skipped; a test that cannot run has to fail`);
  totals.failed += totals.skipped;
}
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exit(totals.failed === 0 ? 0 : 1);
