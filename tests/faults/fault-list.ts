import { z } from 'zod';
import type { ServiceName } from '../support/services.js';

/** What is killed as `kill -9` does it. */
export type Victim =
  | Extract<ServiceName, 'orchestrator' | 'cluster-operator' | 'workload-guard' | 'backup-worker' | 'restore-verifier'>
  | 'nats-server';

/** One injected fault: this victim is killed at this point, and started again. The workload is scaled to 0, or has hooks. */
export type Fault =
  | {
      readonly kind: 'step';
      readonly victim: Victim;
      readonly phase: string;
      readonly moment: 'before' | 'after';
      readonly level?: 'hooks';
    }
  | { readonly kind: 'event'; readonly victim: Victim; readonly event: string };

const victims: readonly Victim[] = [
  'orchestrator',
  'cluster-operator',
  'workload-guard',
  'backup-worker',
  'restore-verifier',
  'nats-server',
];

/** Who takes part while hooks are run. */
const victimsOfHooks: readonly Victim[] = ['orchestrator', 'cluster-operator', 'nats-server'];

/** Events at which the services that follow the workflow are in the middle of their work. */
const events = ['snapshot.ready', 'backup.started', 'backup.completed', 'restore.verified'];

const Transitions = z.record(z.string(), z.object({ steps: z.array(z.string()), next: z.array(z.string()) }));

/** The states with effects, from the state machine of the orchestrator as it is built. */
export async function phasesWithEffects(): Promise<string[]> {
  const file = new URL('../../apps/orchestrator/dist/workflow/create/create-state.js', import.meta.url);
  const { createTransitions } = (await import(file.href)) as { createTransitions: unknown };
  const states = Object.entries(Transitions.parse(createTransitions));
  return states.filter(([, { steps }]) => steps.length > 0).map(([phase]) => phase);
}

/** Every fault: before and after each step, and at each event, a kill of each service. */
export async function allFaults(): Promise<Fault[]> {
  const phases = await phasesWithEffects();
  const moments = ['before', 'after'] as const;
  const steps = (victim: Victim): Extract<Fault, { kind: 'step' }>[] =>
    phases.flatMap((phase) => moments.map((moment) => ({ kind: 'step' as const, victim, phase, moment })));
  return [
    ...victims.flatMap((victim): Fault[] => [
      ...steps(victim),
      ...events.map((event) => ({ kind: 'event' as const, victim, event })),
    ]),
    ...victimsOfHooks.flatMap(steps).map((fault) => ({ ...fault, level: 'hooks' as const })),
  ];
}

export const nameOfFault = (fault: Fault): string =>
  fault.kind === 'event'
    ? `kill -9 ${fault.victim} at ${fault.event}`
    : `kill -9 ${fault.victim} ${fault.moment} the step of ${fault.phase}${fault.level === 'hooks' ? ' with hooks' : ''}`;
