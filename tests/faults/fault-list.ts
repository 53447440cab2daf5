import { z } from 'zod';
import type { ServiceName } from '../support/services.js';
import { nameOfRealBlow, type RealBlow } from './real-blow.js';
import type { DiskOwner } from '../support/snapfleet-device.js';

/** A service that faults are injected into. */
export type VictimService = Extract<
  ServiceName,
  'orchestrator' | 'cluster-operator' | 'workload-guard' | 'backup-worker' | 'restore-verifier'
>;
export type Victim = VictimService | 'nats-server';

/** What nats-server can lose of its disk. */
export const losables = [
  'the event stream',
  'the command stream',
  'the stream of device-local commands',
  'all consumers',
  'the consumer of cluster-operator',
  'the consumer of backup-worker',
] as const;
export type Losable = (typeof losables)[number];

/** What is done. */
export type Blow =
  /** `kill -9`, and started again. */
  | { readonly kind: 'kill'; readonly victim: Victim }
  /** Held for longer than its messages wait for an acknowledgement, then it goes on. */
  | { readonly kind: 'pause'; readonly victim: VictimService }
  /** Everything at the same moment, nats-server too, and started again from what is on the disk. */
  | { readonly kind: 'kill-all' }
  /** The orchestrator is held while a second one is started on its journal, and goes on while that one works. */
  | { readonly kind: 'takeover' }
  /** The file system that has this one's files has no space for some seconds. */
  | { readonly kind: 'full-disk'; readonly of: DiskOwner }
  /** The clock of all services jumps by some hours, and back when the operation has ended. */
  | { readonly kind: 'clock'; readonly jump: 'forward' | 'back' }
  /** nats-server is killed, and this is not on its disk any more when it starts again. */
  | { readonly kind: 'loss'; readonly of: Losable }
  /** The API server: gone for some seconds, or many of its answers are errors, or lost, until the operation has ended. */
  | { readonly kind: 'api'; readonly behaviour: 'away' | 'flaky' }
  | RealBlow;

/** How the workload is quiet where it is not scaled to 0. */
export type OtherLevel = 'hooks' | 'frozen';

/** When it is done. */
export type FaultMoment =
  | { readonly kind: 'step'; readonly phase: string; readonly moment: 'before' | 'after'; readonly level?: OtherLevel }
  | { readonly kind: 'event'; readonly event: string };

/** One injected fault. */
export interface Fault {
  readonly blow: Blow;
  readonly at: FaultMoment;
}

const services: readonly VictimService[] = [
  'orchestrator',
  'cluster-operator',
  'workload-guard',
  'backup-worker',
  'restore-verifier',
];

/** Who takes part while hooks are run. */
const victimsOfHooks: readonly Victim[] = ['orchestrator', 'cluster-operator', 'workload-guard', 'nats-server'];

/** Who takes part while writers are frozen and let go; the freezer itself is killed in `kill-host.ts`. */
const victimsOfFreeze: readonly Victim[] = ['orchestrator', 'cluster-operator', 'nats-server'];

/** The steps that are others where the writers are frozen, and the cut in between. */
const phasesOfFreeze: ReadonlySet<string> = new Set(['quiescing', 'cutting', 'resuming']);

/** Who takes part in every step. */
const paused: readonly VictimService[] = ['orchestrator', 'cluster-operator'];

const diskOwners: readonly DiskOwner[] = ['orchestrator', 'workload-guard', 'nats-server'];

/** Events at which the services that follow the workflow are in the middle of their work. */
export const events = ['snapshot.ready', 'backup.started', 'backup.completed', 'restore.verified'];

const Transitions = z.record(z.string(), z.object({ steps: z.array(z.string()), next: z.array(z.string()) }));

/** The states with effects, from the state machine of the orchestrator as it is built. */
export async function phasesWithEffects(): Promise<string[]> {
  const file = new URL('../../apps/orchestrator/dist/workflow/create/create-state.js', import.meta.url);
  const { createTransitions } = (await import(file.href)) as { createTransitions: unknown };
  const states = Object.entries(Transitions.parse(createTransitions));
  return states.filter(([, { steps }]) => steps.length > 0).map(([phase]) => phase);
}

/** Every blow at every moment at which its victim takes part: before and after each step, and at each event. */
export async function allFaults(): Promise<Fault[]> {
  const phases = await phasesWithEffects();
  const steps = stepsOf(phases);
  const withHooks = stepsOf(phases, 'hooks');
  const frozen = stepsOf(
    phases.filter((phase) => phasesOfFreeze.has(phase)),
    'frozen',
  );
  const told = events.map(atEvent);
  return [
    ...each([...services, 'nats-server' as const].map(kill), [...steps, ...told]),
    ...each(victimsOfHooks.map(kill), withHooks),
    ...each([...victimsOfFreeze.map(kill), killAll], frozen),
    ...each(paused.map(pause), steps),
    ...each((['backup-worker', 'restore-verifier'] as const).map(pause), told),
    ...each(
      [apiIs('away'), apiIs('flaky'), killAll, clockJumps('forward'), clockJumps('back')],
      [...steps, ...withHooks, ...told],
    ),
    ...each([takeover, ...diskOwners.map(fullDisk)], steps),
    ...each(losables.map(loss), [...steps, ...told]),
  ];
}

export const kill = (victim: Victim): Blow => ({ kind: 'kill', victim });
export const pause = (victim: VictimService): Blow => ({ kind: 'pause', victim });
export const killAll: Blow = { kind: 'kill-all' };
export const takeover: Blow = { kind: 'takeover' };
export const fullDisk = (of: DiskOwner): Blow => ({ kind: 'full-disk', of });
export const loss = (of: Losable): Blow => ({ kind: 'loss', of });
export const clockJumps = (jump: 'forward' | 'back'): Blow => ({ kind: 'clock', jump });
export const apiIs = (behaviour: 'away' | 'flaky'): Blow => ({ kind: 'api', behaviour });
export const atEvent = (event: string): FaultMoment => ({ kind: 'event', event });
export const atStep = (phase: string, moment: 'before' | 'after', level?: OtherLevel): FaultMoment => ({
  kind: 'step',
  phase,
  moment,
  ...(level === undefined ? {} : { level }),
});

/** Before and after the step of each of these phases. */
export const stepsOf = (phases: readonly string[], level?: OtherLevel): FaultMoment[] =>
  phases.flatMap((phase) => [atStep(phase, 'before', level), atStep(phase, 'after', level)]);

/** Each of these blows at each of these moments. */
export const each = (blows: readonly Blow[], moments: readonly FaultMoment[]): Fault[] =>
  blows.flatMap((blow) => moments.map((at) => ({ blow, at })));

export const nameOfFault = ({ blow, at }: Fault): string => `${nameOfBlow(blow)} ${nameOfMoment(at)}`;

export function nameOfBlow(blow: Blow): string {
  switch (blow.kind) {
    case 'kill':
      return `kill -9 ${blow.victim}`;
    case 'pause':
      return `pause ${blow.victim}`;
    case 'kill-all':
      return 'kill -9 everything';
    case 'takeover':
      return 'take over from the orchestrator';
    case 'full-disk':
      return `fill the disk of ${blow.of}`;
    case 'clock':
      return `clock ${blow.jump}`;
    case 'loss':
      return `lose ${blow.of}`;
    case 'api':
      return `API server ${blow.behaviour}`;
    case 'real-kill':
    case 'power-cut':
      return nameOfRealBlow(blow);
  }
}

const nameOfLevel: Readonly<Record<OtherLevel, string>> = { hooks: ' with hooks', frozen: ' with frozen writers' };

const nameOfMoment = (at: FaultMoment): string =>
  at.kind === 'event'
    ? `at ${at.event}`
    : `${at.moment} the step of ${at.phase}${at.level === undefined ? '' : nameOfLevel[at.level]}`;
