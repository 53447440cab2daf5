import { type CommandHandle, type SnapfleetEvent, SnapshotCancel, SnapshotCreate } from '@snapfleet/client';
import type { Fault, FaultMoment } from './fault-list.js';
import { type FaultBench, markerHooks } from './fault-bench.js';
import { strike } from './strike.js';
import { waitUntil } from '../support/wait-until.js';

const reachMs = 180_000;

/** A run into which a fault was injected. */
export interface InjectedFault {
  readonly handle: CommandHandle<'snapshot.create'>;
  /** What somebody did during the fault and may not do. */
  readonly misdeeds: readonly string[];
}

/** What a fault does to a run: its `snapshot.create` is sent, the fault injected, and everything runs again. */
export async function injectFault(bench: FaultBench, fault: Fault): Promise<InjectedFault> {
  const { at } = fault;
  if (at.kind === 'event') return injectAtEvent(bench, fault, at);
  return at.phase === 'cleaning' ? injectIntoCleaning(bench, fault, at) : injectAtStep(bench, fault, at);
}

type StepMoment = Extract<FaultMoment, { kind: 'step' }>;

/** What is about the orchestrator itself has to be done before it goes on. */
const held: ReadonlySet<Fault['blow']['kind']> = new Set(['takeover', 'full-disk']);

/**
 * An orchestrator kills itself at the point; anything else is done when the orchestrator tells that it is there. After a step
 * with hooks it is held for the time of the kill, so that nothing has begun of the next one.
 */
function pointOf({ blow }: Fault, { phase, moment, level }: StepMoment): string {
  if (blow.kind === 'kill' && blow.victim === 'orchestrator') return `${phase}:${moment}:kill`;
  const isHeld = held.has(blow.kind) || (level === 'hooks' && moment === 'after');
  return `${phase}:${moment}:${isHeld ? 'hold' : 'tell'}`;
}

async function injectAtStep(bench: FaultBench, fault: Fault, at: StepMoment): Promise<InjectedFault> {
  await bench.restartOrchestrator(pointOf(fault, at));
  const handle = await create(bench, at, nothingMore);
  await reached(bench, `${at.phase}:${at.moment}`);
  return { handle, misdeeds: await strike(bench, fault.blow) };
}

/** A snapshot that was made and then cancelled has to be cleaned up: the cancel comes while the orchestrator is held. */
async function injectIntoCleaning(bench: FaultBench, fault: Fault, at: StepMoment): Promise<InjectedFault> {
  await bench.restartOrchestrator('cutting:after:kill');
  const handle = await create(bench, at, nothingMore);
  await reached(bench, 'cutting:after');
  await bench.restartOrchestrator(`cutting:before:hold,${pointOf(fault, at)}`);
  await reached(bench, 'cutting:before');
  await bench.client.send(SnapshotCancel, { restorePointId: handle.restorePointId });
  await reached(bench, `${at.phase}:${at.moment}`);
  return { handle, misdeeds: await strike(bench, fault.blow) };
}

async function injectAtEvent(
  bench: FaultBench,
  fault: Fault,
  at: Extract<FaultMoment, { kind: 'event' }>,
): Promise<InjectedFault> {
  const handle = await create(bench, at, { movers: ['copy'], verify: ['snapshot', 'backup'] });
  const about = (event: SnapfleetEvent): boolean =>
    'restorePointId' in event.data && event.data.restorePointId === handle.restorePointId;
  await waitUntil(`${at.event} is told`, () => bench.events.some((event) => event.name === at.event && about(event)), {
    deadlineMs: reachMs,
    pauseMs: 5,
  });
  return { handle, misdeeds: await strike(bench, fault.blow) };
}

interface Wish {
  readonly movers: 'copy'[];
  readonly verify: ('snapshot' | 'backup')[];
}

const nothingMore: Wish = { movers: [], verify: [] };

function create(bench: FaultBench, at: FaultMoment, wish: Wish): Promise<CommandHandle<'snapshot.create'>> {
  const { namespace, persistentVolumeClaim, workload } = bench;
  const level = (at.kind === 'step' ? at.level : undefined) ?? 'cold';
  const quiesce = level === 'hooks' ? { level, workload, ...markerHooks } : ({ level, workload } as const);
  const policy = { quiesce, ...wish };
  return bench.client.send(SnapshotCreate, { namespace, persistentVolumeClaim, policy });
}

async function reached(bench: FaultBench, point: string): Promise<void> {
  const { log } = bench.snapfleet.service('orchestrator');
  const line = (one: string): boolean => one.includes('"failpoint.reached"') && one.includes(`"${point}"`);
  await waitUntil(`the orchestrator is at ${point}`, () => log.some(line), { deadlineMs: reachMs, pauseMs: 2 });
}
