import { type CommandHandle, type SnapfleetEvent, SnapshotCancel, SnapshotCreate } from '@snapfleet/client';
import type { Fault, Victim } from './fault-list.js';
import { type FaultBench, markerHooks } from './fault-bench.js';
import { waitUntil } from '../support/wait-until.js';

const reachMs = 60_000;

/** What a fault does to a run: its `snapshot.create` is sent, the fault injected, and everything runs again. */
export async function injectFault(bench: FaultBench, fault: Fault): Promise<CommandHandle<'snapshot.create'>> {
  if (fault.kind === 'event') return injectAtEvent(bench, fault);
  return fault.phase === 'cleaning' ? injectIntoCleaning(bench, fault) : injectAtStep(bench, fault);
}

type StepFault = Extract<Fault, { kind: 'step' }>;

/**
 * An orchestrator kills itself at the point; anything else is killed when the orchestrator tells that it is there. After a step
 * with hooks it is held for the time of the kill, so that nothing has begun of the next one.
 */
function pointOf({ phase, moment, victim, level }: StepFault): string {
  if (victim === 'orchestrator') return `${phase}:${moment}:kill`;
  return `${phase}:${moment}:${level === 'hooks' && moment === 'after' ? 'hold' : 'tell'}`;
}

async function injectAtStep(bench: FaultBench, fault: StepFault): Promise<CommandHandle<'snapshot.create'>> {
  await bench.restartOrchestrator(pointOf(fault));
  const handle = await create(bench, fault, nothingMore);
  await reached(bench, `${fault.phase}:${fault.moment}`);
  await killAndStart(bench, fault.victim);
  return handle;
}

/** A snapshot that was made and then cancelled has to be cleaned up: the cancel comes while the orchestrator is held. */
async function injectIntoCleaning(bench: FaultBench, fault: StepFault): Promise<CommandHandle<'snapshot.create'>> {
  await bench.restartOrchestrator('cutting:after:kill');
  const handle = await create(bench, fault, nothingMore);
  await reached(bench, 'cutting:after');
  await bench.restartOrchestrator(`cutting:before:hold,${pointOf(fault)}`);
  await reached(bench, 'cutting:before');
  await bench.client.send(SnapshotCancel, { restorePointId: handle.restorePointId });
  await reached(bench, `${fault.phase}:${fault.moment}`);
  await killAndStart(bench, fault.victim);
  return handle;
}

async function injectAtEvent(
  bench: FaultBench,
  fault: Extract<Fault, { kind: 'event' }>,
): Promise<CommandHandle<'snapshot.create'>> {
  const handle = await create(bench, fault, { movers: ['copy'], verify: ['snapshot', 'backup'] });
  const about = (event: SnapfleetEvent): boolean =>
    'restorePointId' in event.data && event.data.restorePointId === handle.restorePointId;
  await waitUntil(
    `${fault.event} is told`,
    () => bench.events.some((event) => event.name === fault.event && about(event)),
    { deadlineMs: reachMs, pauseMs: 5 },
  );
  await killAndStart(bench, fault.victim);
  return handle;
}

interface Wish {
  readonly movers: 'copy'[];
  readonly verify: ('snapshot' | 'backup')[];
}

const nothingMore: Wish = { movers: [], verify: [] };

function create(bench: FaultBench, fault: Fault, wish: Wish): Promise<CommandHandle<'snapshot.create'>> {
  const { namespace, persistentVolumeClaim, workload } = bench;
  const hooks = fault.kind === 'step' && fault.level === 'hooks';
  const quiesce = hooks ? { level: 'hooks' as const, workload, ...markerHooks } : { level: 'cold' as const, workload };
  const policy = { quiesce, ...wish };
  return bench.client.send(SnapshotCreate, { namespace, persistentVolumeClaim, policy });
}

async function reached(bench: FaultBench, point: string): Promise<void> {
  const { log } = bench.snapfleet.service('orchestrator');
  const line = (one: string): boolean => one.includes('"failpoint.reached"') && one.includes(`"${point}"`);
  await waitUntil(`the orchestrator is at ${point}`, () => log.some(line), { deadlineMs: reachMs, pauseMs: 2 });
}

async function killAndStart(bench: FaultBench, victim: Victim): Promise<void> {
  const { snapfleet } = bench;
  if (victim === 'nats-server') {
    await snapfleet.nats.kill9();
    await snapfleet.nats.restart();
    return;
  }
  await snapfleet.service(victim).kill9();
  await snapfleet.startService(victim);
}
