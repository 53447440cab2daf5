import {
  CommandFailure,
  type CommandHandle,
  DeviceDoctor,
  type RestorePointId,
  SnapshotDelete,
  SnapshotShow,
} from '@snapfleet/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '../support/wait-until.js';
import { downtimeFlaws } from './downtime-flaws.js';
import { type FaultBench, files, marker } from './fault-bench.js';
import { type Fault, nameOfFault, type OtherLevel } from './fault-list.js';
import { injectFault } from './inject-fault.js';
import { mayRefuseForNow } from './real-blow.js';
import { calm } from './strike.js';

/** What became of a fault; each list is empty when it was survived. */
export interface FaultVerdict {
  readonly fault: string;
  readonly milliseconds: number;
  /** The operation did not end, or not as it has to, or somebody did what may not be done. */
  readonly wrongEnds: readonly string[];
  readonly dataLost: readonly string[];
  readonly workloadsDown: readonly string[];
  readonly leaks: readonly string[];
}

type Handle = CommandHandle<'snapshot.create'>;
const endMs = 180_000;
const leaseEndMs = 120_000;
/** Longer than the doctor waits for a service that does not answer. */
const doctorMs = 30_000;

/** Injects one fault, waits for the end without helping, and looks at what is there. */
export async function tryFault(bench: FaultBench, fault: Fault): Promise<FaultVerdict> {
  const begun = performance.now();
  const wrongEnds: string[] = [];
  const dataLost: string[] = [];
  const leaks: string[] = [];
  try {
    const { handle, misdeeds } = await injectFault(bench, fault);
    wrongEnds.push(...misdeeds);
    const { made, problems } = await endOf(bench, fault, handle, begun);
    wrongEnds.push(...problems);
    calm(bench);
    dataLost.push(...(await withFreshConnection(() => lostData(bench, made, handle))));
    leaks.push(...(await leftAfter(bench, made, handle)));
  } catch (error) {
    calm(bench);
    wrongEnds.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    // What this fault left is not the fault of the next one.
    leaks.push(...(await withFreshConnection(() => bench.leftovers()).catch(() => [])));
  }
  const workloadsDown = await bench.workloadProblems();
  const milliseconds = Math.round(performance.now() - begun);
  return { fault: nameOfFault(fault), milliseconds, wrongEnds, dataLost, workloadsDown, leaks };
}

/** A server closes an idle connection while a request is on its way, or it has just been started again. */
const passing: ReadonlySet<unknown> = new Set(['ECONNRESET', 'ECONNREFUSED', 403, 429, 500, 503]);
const readAttempts = 30;

/** The tests' own requests, which only read. */
async function withFreshConnection<T>(read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await read();
    } catch (error) {
      const isPassing = error instanceof Error && 'code' in error && passing.has(error.code);
      if (!isPassing || attempt === readAttempts) throw error;
      await sleep(1_000);
    }
  }
}

const levelOf = ({ at }: Fault): OtherLevel | undefined => (at.kind === 'step' ? at.level : undefined);
const isCancelled = ({ at }: Fault): boolean => at.kind === 'step' && at.phase === 'cleaning';

/** Whether a fault may have the snapshot refused: without its guard, or without an API server, none should be made. */
function mayRefuse(fault: Fault, { code, retryable }: CommandFailure): boolean {
  const { blow } = fault;
  // A freeze is waited for some seconds only.
  if (levelOf(fault) === 'frozen' && code === 'deadline_exceeded') return retryable;
  if (blow.kind === 'api') return retryable;
  if (blow.kind === 'real-kill' || blow.kind === 'power-cut') return retryable && mayRefuseForNow(blow);
  const withoutGuard =
    (blow.kind === 'kill' && blow.victim === 'workload-guard') ||
    (blow.kind === 'full-disk' && blow.of === 'workload-guard');
  return withoutGuard && code === 'guard_unavailable';
}

interface End {
  /** Whether there is a snapshot. */
  readonly made: boolean;
  readonly problems: readonly string[];
}

/** @param begunMs a moment before the operation, by a clock that nobody sets */
async function endOf(bench: FaultBench, fault: Fault, handle: Handle, begunMs: number): Promise<End> {
  const failure = await failureOf(bench, handle);
  const ended = failure?.code ?? 'ready';
  const made = failure === undefined;
  const wanted = isCancelled(fault) ? 'cancelled' : 'ready';
  const isRight = ended === wanted || (failure !== undefined && mayRefuse(fault, failure));
  const wrong = isRight ? [] : [`it ended ${ended}, not ${wanted}: ${failure?.message ?? ''}`];
  const problems = [...wrong, ...(made ? await flawsOf(bench, fault, handle, begunMs) : [])];
  const told = await endings(bench, handle);
  return { made, problems: told === 1 ? problems : [...problems, `${String(told)} terminal events were told`] };
}

async function failureOf(bench: FaultBench, handle: Handle): Promise<CommandFailure | undefined> {
  try {
    await bench.client.outcome(handle, { deadlineMs: endMs });
    return undefined;
  } catch (error) {
    if (error instanceof CommandFailure) return error;
    throw error;
  }
}

/** What a snapshot that was made is not, and has to be. */
async function flawsOf(bench: FaultBench, fault: Fault, handle: Handle, begunMs: number): Promise<string[]> {
  const point = await show(bench, handle.restorePointId);
  const problems = downtimeFlaws(point, fault.blow, performance.now() - begunMs);
  if (fault.at.kind === 'event') {
    const { data } = await bench.client.completion(handle, { deadlineMs: endMs });
    if (!('outcome' in data) || data.outcome !== 'proven') problems.push(`it was not proven: ${JSON.stringify(data)}`);
  }
  const level = levelOf(fault);
  if (level === undefined) return problems;
  const { consistency } = point;
  const wanted = level === 'hooks' ? 'app' : 'fs';
  if (consistency === wanted) return problems;
  const isRight = level === 'frozen' && consistency === 'crash' && (await isToldWhy(bench, handle));
  return isRight ? problems : [...problems, `its grade is ${String(consistency)}`];
}

/** A freeze that was not held for the whole cut, or may not have been, lowers the grade and says so. */
async function isToldWhy({ events }: FaultBench, { restorePointId }: Handle): Promise<boolean> {
  const resumed = await waitUntil(
    'it is told that the writers go on',
    () => events.find(({ name, data }) => name === 'workload.resumed' && data.restorePointId === restorePointId),
    { deadlineMs: 60_000 },
  ).catch(() => undefined);
  return resumed?.name === 'workload.resumed' && resumed.data.conflict !== undefined;
}

/** How many different events end the making; an event that comes twice has the same id. */
async function endings(bench: FaultBench, { restorePointId }: Handle): Promise<number> {
  const count = (): number => {
    const ends = bench.events.filter(
      ({ name, data }) =>
        (name === 'snapshot.ready' || name === 'snapshot.failed') && data.restorePointId === restorePointId,
    );
    return new Set(ends.map(({ message }) => message.id)).size;
  };
  await waitUntil('the end is told', () => count() > 0, { deadlineMs: 60_000 }).catch(() => undefined);
  return count();
}

/** The volume has to be as it was, and a restore point that is told has to have its data. */
async function lostData(bench: FaultBench, made: boolean, { restorePointId }: Handle): Promise<string[]> {
  const { namespace, persistentVolumeClaim, snapfleet } = bench;
  await snapfleet.podIsRunning(namespace, 'app=notes');
  const now = await snapfleet.device.readFiles({ namespace, persistentVolumeClaim });
  const changed = Object.entries(files).filter(([path, text]) => now[path] !== text);
  const lost = changed.map(([path]) => `${path} of the volume`);
  if (!made) return lost;
  const handle = (await show(bench, restorePointId)).snapshot?.snapshotHandle;
  const exists = handle !== undefined && (await snapfleet.device.logicalVolumeExists(handle));
  return exists ? lost : [...lost, `the snapshot of ${restorePointId}`];
}

async function leftAfter(bench: FaultBench, made: boolean, { restorePointId }: Handle): Promise<string[]> {
  const { client, snapfleet } = bench;
  const handle = (await show(bench, restorePointId)).snapshot?.snapshotHandle;
  if (made) {
    const command = { restorePointId, deleteBackups: true, allowLastGoodCopy: true };
    await client.outcome(await client.send(SnapshotDelete, command), { deadlineMs: endMs });
  }
  const left = await withFreshConnection(() => bench.leftovers());
  const { namespace, persistentVolumeClaim } = bench;
  if (marker in (await snapfleet.device.readFiles({ namespace, persistentVolumeClaim })))
    left.push('what the hook before the cut did is not undone');
  if (handle !== undefined && (await snapfleet.device.logicalVolumeExists(handle)))
    left.push(`logical volume ${handle}`);
  return [...left, ...(await leasesLeft(bench))];
}

/** The worker that was killed takes its work up again and ends its lease then. */
async function leasesLeft({ client }: FaultBench): Promise<string[]> {
  let note: string | undefined;
  await waitUntil(
    'no lease is left',
    async () => {
      const { checks } = await client.ask(DeviceDoctor, {}, { deadlineMs: doctorMs });
      note = checks.find(({ check }) => check === 'host-lvm answers')?.note;
      return note === '0 leases';
    },
    { deadlineMs: leaseEndMs, pauseMs: 200 },
  ).catch(() => undefined);
  return note === '0 leases' ? [] : [note ?? 'host-lvm does not answer'];
}

/** An orchestrator that was killed answers once it has started again. */
function show({ client }: FaultBench, restorePointId: RestorePointId) {
  const ask = () => client.ask(SnapshotShow, { restorePointId }).catch(() => undefined);
  return waitUntil('the orchestrator answers', async () => (await ask())?.restorePoint, { deadlineMs: endMs });
}
