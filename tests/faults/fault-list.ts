import { z } from 'zod';
import type { ServiceName } from '../support/services.js';

/** What is killed as `kill -9` does it. */
export type Victim =
  | Extract<ServiceName, 'orchestrator' | 'cluster-operator' | 'workload-guard' | 'backup-worker' | 'restore-verifier'>
  | 'nats-server';

/** One injected fault: this victim is killed at this point, and started again. */
export type Fault =
  | { readonly kind: 'step'; readonly victim: Victim; readonly phase: string; readonly moment: 'before' | 'after' }
  | { readonly kind: 'event'; readonly victim: Victim; readonly event: string };

const victims: readonly Victim[] = [
  'orchestrator',
  'cluster-operator',
  'workload-guard',
  'backup-worker',
  'restore-verifier',
  'nats-server',
];

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
  return victims.flatMap((victim): Fault[] => [
    ...phases.flatMap((phase) => moments.map((moment) => ({ kind: 'step' as const, victim, phase, moment }))),
    ...events.map((event) => ({ kind: 'event' as const, victim, event })),
  ]);
}

export const nameOfFault = (fault: Fault): string =>
  `kill -9 ${fault.victim} ${fault.kind === 'step' ? `${fault.moment} the step of ${fault.phase}` : `at ${fault.event}`}`;
