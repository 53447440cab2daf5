import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { runningCommand, subjectOf } from './allowed-commands.js';
import type { HangingCommands } from './hanging-commands.js';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.js';
import { isOfService, placeOf } from './service-place.js';

/** A process of this host, with what it was started as. */
interface HostProcess {
  readonly pid: number;
  readonly commandLine: readonly string[];
}

interface EarlierCommand {
  readonly identity: ProcessIdentity;
  readonly subject: string;
  readonly commandLine: string;
}

interface TakeOverOptions {
  readonly momentMs?: number;
  readonly processes?: readonly HostProcess[];
  /** A command line alone proves nothing: each process, those of containers too, gives itself what it likes. */
  readonly belongs?: (pid: number) => boolean;
}

const orderlyMs = 5_000;
const pollMs = 50;
const slowPollMs = 1_000;

/**
 * Commands that an earlier run of the service started, which was killed: they run on. Gives them a moment to end, and
 * takes those that then still run for hanging ones. What they are about is not known before they have ended: an activation
 * may be about to happen.
 * @returns how many hang, and when all of them have ended
 */
export async function takeOverEarlierCommands(
  hanging: HangingCommands,
  { momentMs = orderlyMs, processes = allProcesses(), belongs = isOwn() }: TakeOverOptions = {},
): Promise<{ readonly count: number; readonly ended: Promise<void> }> {
  const end = performance.now() + momentMs;
  let left = processes.flatMap(earlierCommand).filter(({ identity }) => belongs(identity.pid));
  while (left.length > 0 && performance.now() < end) {
    await wait(pollMs);
    left = left.filter(({ identity }) => isAlive(identity));
  }
  const ends = left.map(({ identity, subject, commandLine }) => {
    const ended = endOf(identity);
    hanging.note(subject, commandLine, ended);
    return ended;
  });
  return { count: left.length, ended: Promise.all(ends).then(() => undefined) };
}

function isOwn(): (pid: number) => boolean {
  const own = placeOf('self');
  return (pid) => isOfService(placeOf(pid), own);
}

function earlierCommand({ pid, commandLine }: HostProcess): EarlierCommand[] {
  const command = runningCommand(commandLine);
  const identity = command === undefined ? undefined : identityOf(pid);
  if (command === undefined || identity === undefined) return [];
  return [{ identity, subject: subjectOf(command, commandLine), commandLine: commandLine.join(' ') }];
}

function allProcesses(): HostProcess[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => ({ pid: Number(pid), commandLine: commandLineOf(pid) }));
}

function commandLineOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    // It has ended meanwhile.
    return [];
  }
}

async function endOf(identity: ProcessIdentity): Promise<void> {
  while (isAlive(identity)) await wait(slowPollMs, undefined, { ref: false });
}
