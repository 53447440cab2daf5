/**
 * A process of its own that freezes cgroups and lets them go on again: at its deadline, when its standard input ends (then
 * host-lvm has ended), on a signal, and on any failure. It depends on nothing that could hang while it waits.
 *
 *   node thaw-watchdog.js MILLISECONDS CGROUP-DIRECTORY...
 *
 * It says `frozen` once every process is stopped, and ends with `held` after a line on its standard input if they were
 * stopped until then; otherwise with `lost` and the reason.
 */
import { readFileSync, writeFileSync, writeSync } from 'node:fs';

const [millisecondsText = '', ...directories] = process.argv.slice(2);
const deadlineMs = Number(millisecondsText);
const pollMs = 5;
const standardOutput = 1;

const say = (line: string): void => void writeSync(standardOutput, `${line}\n`);

/** Whether every process in the cgroup is stopped (cgroup-v2.rst, `cgroup.events`). */
const isFrozen = (directory: string): boolean => /^frozen 1$/m.test(readFileSync(`${directory}/cgroup.events`, 'utf8'));

function thawAll(): void {
  for (const directory of directories) {
    try {
      writeFileSync(`${directory}/cgroup.freeze`, '0');
    } catch {
      // Gone with its Pod: the next one must be let go all the same.
    }
  }
}

function end(line: string): never {
  thawAll();
  say(line);
  process.exit(0);
}

function whyNotHeld(): string | undefined {
  try {
    return directories.every(isFrozen) ? undefined : 'somebody else let the processes go';
  } catch {
    return 'a Pod was removed';
  }
}

function onRequest(): never {
  const why = whyNotHeld();
  end(why === undefined ? 'held' : `lost ${why}`);
}

function sayWhenFrozen(): void {
  if (directories.every(isFrozen)) say('frozen');
  else setTimeout(sayWhenFrozen, pollMs);
}

process.on('uncaughtException', (error) => end(`lost ${error.message}`));
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => end('lost it was ended'));
setTimeout(() => end('lost the time was over'), deadlineMs);
process.stdin.on('data', onRequest).on('end', () => end('lost host-lvm has ended'));
for (const directory of directories) writeFileSync(`${directory}/cgroup.freeze`, '1');
sayWhenFrozen();
