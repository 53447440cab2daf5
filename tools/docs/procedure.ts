import { definitionOf, type MessageDefinition, type Party, type Plane } from '@snapfleet/contracts';

/** One step of the procedure: a message as one party sends it to another. */
export interface Step {
  readonly message: MessageDefinition;
  readonly from: Party;
  readonly to: Party;
}

type Written = readonly [from: Party, plane: Plane, name: string, to: Party];

const making: readonly Written[] = [
  ['client', 'cmd', 'snapshot.create', 'orchestrator'],
  ['orchestrator', 'evt', 'snapshot.requested', 'client'],
  ['orchestrator', 'agent', 'claim.preflight', 'cluster-operator'],
  ['orchestrator', 'agent', 'volume.survey', 'host-lvm'],
  ['orchestrator', 'evt', 'snapshot.preflight-passed', 'client'],
  ['orchestrator', 'agent', 'workload.quiesce', 'cluster-operator'],
  ['orchestrator', 'evt', 'workload.quiesced', 'client'],
  ['orchestrator', 'agent', 'snapshot.take', 'cluster-operator'],
  ['orchestrator', 'agent', 'workload.resume', 'cluster-operator'],
  ['orchestrator', 'evt', 'workload.resumed', 'client'],
  ['orchestrator', 'evt', 'snapshot.ready', 'client'],
];

const backingUp: readonly Written[] = [
  ['orchestrator', 'evt', 'snapshot.ready', 'backup-worker'],
  ['backup-worker', 'agent', 'volume.expose', 'host-lvm'],
  ['backup-worker', 'evt', 'backup.progress', 'client'],
  ['backup-worker', 'agent', 'volume.conceal', 'host-lvm'],
  ['backup-worker', 'evt', 'backup.completed', 'restore-verifier'],
  ['backup-worker', 'evt', 'backup.completed', 'orchestrator'],
];

const proving: readonly Written[] = [
  ['orchestrator', 'evt', 'snapshot.ready', 'restore-verifier'],
  ['restore-verifier', 'agent', 'volume.restore', 'cluster-operator'],
  ['restore-verifier', 'agent', 'volume.expose', 'host-lvm'],
  ['restore-verifier', 'agent', 'volume.conceal', 'host-lvm'],
  ['restore-verifier', 'agent', 'volume.remove', 'cluster-operator'],
  ['restore-verifier', 'evt', 'restore.verified', 'orchestrator'],
];

const ending: readonly Written[] = [['orchestrator', 'evt', 'snapshot.completed', 'client']];

/** @throws Error when the contracts do not let this party send this message to that one */
function checked([from, plane, name, to]: Written): Step {
  const message = definitionOf(plane, name);
  if (message === undefined) throw new Error(`the procedure names ${plane} ${name}, which is no message`);
  if (message.from.includes(from) && message.to.includes(to)) return { message, from, to };
  throw new Error(`the procedure says that ${from} sends ${name} to ${to}, the contracts say otherwise`);
}

/** The usual course of a `snapshot.create`, every step of it checked against the contracts. */
export const procedure = {
  making: making.map(checked),
  backingUp: backingUp.map(checked),
  proving: proving.map(checked),
  ending: ending.map(checked),
};
