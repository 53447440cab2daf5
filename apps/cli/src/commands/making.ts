import type { CommandHandle, SnapfleetEvent } from '@snapfleet/client';
import { type Command, Option } from 'commander';
import { exitCodes } from '../exit-codes.js';
import { addPolicyOptions, policyFrom, type PolicyOptions } from '../input/policy-options.js';
import { addWaitOptions, sayOutcome, showUntilEnd, type WaitOptions } from '../run-command.js';
import type { Session } from '../session.js';

/** The options of a command that makes restore points. */
export interface MakingOptions extends PolicyOptions, WaitOptions {
  readonly until: 'ready' | 'proven';
  readonly key?: string;
  readonly reason?: string;
  readonly requestedBy?: string;
}

/** Adds the options of a command that makes restore points. */
export function addMakingOptions(command: Command): Command {
  addPolicyOptions(command)
    .addOption(
      new Option('--until <state>', 'wait until it is ready, or until all backups and verifications have ended')
        .choices(['ready', 'proven'])
        .default('ready'),
    )
    .option('--key <key>', 'idempotency key: with the same key nothing is made twice, however often it is sent')
    .option('--reason <text>', 'why, for the catalogue')
    .option('--requested-by <name>', 'who, for the catalogue', process.env['USER']);
  return addWaitOptions(command);
}

/** What such a command says besides what it is about. */
export function requestFrom(options: MakingOptions): {
  policy: ReturnType<typeof policyFrom>;
  idempotencyKey?: string;
  reason?: string;
  requestedBy?: string;
} {
  return {
    policy: policyFrom(options),
    ...(options.key === undefined ? {} : { idempotencyKey: options.key }),
    ...(options.reason === undefined ? {} : { reason: options.reason }),
    ...(options.requestedBy === undefined ? {} : { requestedBy: options.requestedBy }),
  };
}

type Making = CommandHandle<'snapshot.create'> | CommandHandle<'group.create'>;

/** Waits for the operation itself where the key was used before: an exit code 0 is to mean that it is done. */
async function ofFirst<Handle extends Making, Outcome extends SnapfleetEvent>(
  { library }: Session,
  handle: Handle,
  awaitEnd: (handle: Handle) => Promise<Outcome>,
): Promise<Outcome> {
  const end = await awaitEnd(handle);
  return end.name === 'command.completed'
    ? awaitEnd(library.firstWithSameKey<Making['command']>(handle) as Handle)
    : end;
}

/** Shows what is made until it is ready or proven; `what` names it in the last line. */
export async function showMaking(
  session: Session,
  handle: Making,
  options: MakingOptions,
  what: string,
): Promise<number> {
  if (options.until === 'proven') return showProof(session, handle, options, what);
  const outcome = await showUntilEnd<Making['command'], SnapfleetEvent>(session, handle, options, (waiting) =>
    ofFirst(session, handle, (one) => session.client.outcome<Making['command']>(one, waiting)),
  );
  sayOutcome(session, outcome, `${what} is ready.`);
  return exitCodes.ok.code;
}

async function showProof(session: Session, handle: Making, options: MakingOptions, what: string): Promise<number> {
  const end = await showUntilEnd<Making['command'], SnapfleetEvent>(session, handle, options, (waiting) =>
    ofFirst(session, handle, (one) => session.client.completion<Making['command']>(one, waiting)),
  );
  if ((end?.name === 'snapshot.completed' || end?.name === 'group.completed') && end.data.outcome === 'incomplete') {
    const failures = 'failures' in end.data ? `: ${end.data.failures.join('; ')}` : '; look at its restore points';
    session.terminal.complain(session.terminal.paint('bad', `Made, but not proven${failures}`));
    return exitCodes.incomplete.code;
  }
  sayOutcome(session, end, `${what} is proven.`);
  return exitCodes.ok.code;
}
