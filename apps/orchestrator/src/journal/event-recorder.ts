import { eventIdFor, type RestorePoint } from '@snapfleet/contracts';
import type { Operation, PendingEvent } from '../operations/operation.js';
import type { Outbox } from './outbox.js';

/** Writes events into the outbox, with ids that are the same whenever the same step is told again. */
export class EventRecorder {
  constructor(
    private readonly outbox: Outbox,
    /** Wakes whoever publishes the outbox. */
    readonly flush: () => void,
  ) {}

  /** Belongs into the transaction that makes the event true. */
  record(event: PendingEvent, operation: Operation, point: RestorePoint, time: Date): void {
    const { name } = event.definition;
    this.outbox.add({
      eventId: eventIdFor(operation.operationId, name, ...(event.distinction ?? [])),
      name,
      data: event.data,
      workflowId: operation.operationId,
      causationId: operation.commandId,
      subject: `${point.namespace}/${point.persistentVolumeClaim}`,
      traceparent: operation.traceparent,
      time,
    });
  }
}
