import { definitionOf, type ErrorDetail, SnapfleetError } from '@snapfleet/contracts';
import type { CommandName, EventName, SnapfleetEvent } from './message-types.js';
import type { CommandHandle } from './send-command.js';

/** A command that did not succeed, with the event that says so. */
export class CommandFailure extends SnapfleetError {
  constructor(
    readonly event: SnapfleetEvent,
    detail: ErrorDetail,
  ) {
    super(detail.code, detail.message, {
      retryable: detail.retryable,
      ...(detail.field === undefined ? {} : { field: detail.field }),
      ...(detail.rule === undefined ? {} : { rule: detail.rule }),
    });
  }
}

/** The events that end a command. */
export function outcomesOf(command: CommandName): readonly EventName[] {
  const definition = definitionOf('cmd', command);
  return definition?.kind === 'command' ? (definition.outcomes as readonly EventName[]) : [];
}

/**
 * Whether an event belongs to this command. The answers to a single message name it; a command that repeats the key of
 * another has the same operation, and is not ended by what is said of that other message.
 */
export function belongsTo(event: SnapfleetEvent, handle: CommandHandle): boolean {
  if (event.name === 'command.completed' || event.name === 'command.rejected') {
    return event.data.commandId === handle.commandId || event.message.causationid === handle.commandId;
  }
  const { workflowid, causationid } = event.message;
  // A cancel ends what another command began.
  if (handle.command === 'snapshot.cancel' && event.name === 'snapshot.failed')
    return handle.targetClaim === undefined && event.data.restorePointId === handle.restorePointId;
  if (
    handle.command === 'snapshot.cancel' &&
    (event.name === 'volume.restore-failed' || event.name === 'volume.restored')
  )
    return event.data.restorePointId === handle.restorePointId && event.data.targetClaim === handle.targetClaim;
  return causationid === handle.commandId || workflowid === handle.operationId;
}

/**
 * The handle of the command that used the key first, for a command that was answered by `command.completed` because its
 * key is known: awaiting it tells how the operation ended, or ends. Events are kept for 30 days.
 */
export function firstWithSameKey<Name extends CommandName>(handle: CommandHandle<Name>): CommandHandle<Name> {
  return { ...handle, commandId: `first of ${handle.operationId}`, eventsAfter: 0 };
}

/** What went wrong, when an event ends a command badly. That what was cancelled has failed is what its canceller wants. */
export function failureIn(event: SnapfleetEvent, command: CommandName): CommandFailure | undefined {
  if (!('error' in event.data)) return undefined;
  if (command === 'snapshot.cancel' && event.name === 'snapshot.failed') return undefined;
  const { code } = event.data.error;
  if (command === 'snapshot.cancel' && event.name === 'volume.restore-failed' && code === 'cancelled') return undefined;
  return new CommandFailure(event, event.data.error);
}
