import { SnapfleetError } from '@snapfleet/contracts';
import { belongsTo, failureIn, outcomesOf } from './command-outcome.js';
import type { DeviceConnection } from './device-connection.js';
import { subjectsOf } from './event-filter.js';
import type { EventPlace } from './event-place.js';
import { type EventStream, openEventStream } from './event-stream.js';
import type { CommandName, EventName, SnapfleetEvent } from './message-types.js';
import { openOrderedSource } from './ordered-source.js';
import type { CommandHandle } from './send-command.js';

/** How to wait. */
export interface OutcomeOptions {
  /** How long to wait, in milliseconds. Default: 900,000 (15 minutes). */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  /** Told each event of the operation as it arrives, the last one included. */
  readonly onEvent?: (event: SnapfleetEvent) => void;
}

interface Wait extends OutcomeOptions {
  /** The event that ends the command well, where it is another than the contract's outcomes. */
  readonly until?: EventName;
}

/** The events that end the wait: with `until`, the successes of the contract except a repeated command do not. */
function endsOf(command: CommandName, until: EventName | undefined): ReadonlySet<EventName> {
  const outcomes = outcomesOf(command);
  if (until === undefined) return new Set(outcomes);
  const isSuccess = (name: EventName): boolean => !/\.(rejected|.*failed)$/.test(name) && name !== 'command.completed';
  return new Set([until, ...outcomes.filter((name) => !isSuccess(name))]);
}

const placeBefore = ({ eventsAfter, eventStreamMadeAt }: CommandHandle): EventPlace => ({
  after: eventsAfter,
  streamMadeAt: eventStreamMadeAt,
});

async function firstEnd(
  events: EventStream,
  handle: CommandHandle,
  ends: ReadonlySet<EventName>,
  onEvent: OutcomeOptions['onEvent'],
): Promise<SnapfleetEvent | undefined> {
  for await (const event of events) {
    if (!belongsTo(event, handle)) continue;
    onEvent?.(event);
    if (ends.has(event.name)) return event;
  }
  return undefined;
}

/**
 * Waits for the event that ends a command; events that came before the call are seen too.
 * @throws CommandFailure when the command failed or was rejected; SnapfleetError `deadline_exceeded`; the signal's reason
 */
export async function awaitOutcome(
  connection: DeviceConnection,
  handle: CommandHandle,
  options: Wait = {},
): Promise<SnapfleetEvent> {
  const { signal, onEvent } = options;
  signal?.throwIfAborted();
  const deadlineMs = options.deadlineMs ?? 900_000;
  const deadline = AbortSignal.timeout(deadlineMs);
  const ends = endsOf(handle.command, options.until);
  const subjects = subjectsOf(connection.device, onEvent === undefined ? [...ends] : undefined);
  const events = openEventStream({
    connection,
    filter: {},
    signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
    wasThere: true,
    open: () => openOrderedSource(connection, placeBefore(handle), subjects),
  });
  const event = await firstEnd(events, handle, ends, onEvent);
  signal?.throwIfAborted();
  if (event === undefined) {
    throw new SnapfleetError(
      'deadline_exceeded',
      `${handle.command} ${handle.operationId} did not end within ${String(Math.round(deadlineMs / 1000))} s; it goes on`,
    );
  }
  const failure = failureIn(event, handle.command);
  if (failure !== undefined) throw failure;
  return event;
}
