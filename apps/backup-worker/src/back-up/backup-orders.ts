import {
  BackupRequested,
  type DataOf,
  type MessageDefinition,
  type MessageOf,
  parseMessage,
  SnapshotReady,
} from '@snapfleet/contracts';
import type { OnRejected } from '@snapfleet/messaging';
import type { BackupOrder, BackUpRestorePoint } from './back-up-restore-point.use-case.js';

/** The order that a snapshot brings with it. */
export const orderOfReady = ({ id, data }: MessageOf<DataOf<typeof SnapshotReady>>): BackupOrder => ({
  ready: data,
  movers: data.movers,
  messageId: id,
});

/** The order of one more backup. */
export const orderOfRequest = ({ id, data }: MessageOf<DataOf<typeof BackupRequested>>): BackupOrder => ({
  ready: data.ready,
  movers: [data.mover],
  messageId: id,
});

/**
 * Tells `backup.failed` of an order whose message was given up without a word, as when the service crashed each time it
 * worked on it: nobody waits for its backups for ever. A message that names no order is a dead letter only.
 */
export const abandonRejected =
  (backUp: () => Pick<BackUpRestorePoint, 'abandon'>): OnRejected =>
  async (definition, _envelope, payload, error, subject) => {
    const order = error.code === 'wrong_device' ? undefined : readOrder(definition, payload, subject);
    if (order !== undefined) await backUp().abandon(order, error);
  };

function readOrder(
  definition: MessageDefinition | undefined,
  payload: Uint8Array,
  subject: string,
): BackupOrder | undefined {
  try {
    if (definition === SnapshotReady) return orderOfReady(parseMessage(SnapshotReady, payload, subject));
    if (definition === BackupRequested) return orderOfRequest(parseMessage(BackupRequested, payload, subject));
  } catch {
    // It cannot be read: that is why it was given up.
  }
  return undefined;
}
