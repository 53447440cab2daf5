import {
  BackupCompleted,
  type DataOf,
  type MessageDefinition,
  type MessageOf,
  parseMessage,
  SnapshotReady,
  VerificationRequested,
} from '@snapfleet/contracts';
import type { OnRejected } from '@snapfleet/messaging';
import type { BackupOrder, VerifyBackup } from './verify-backup/verify-backup.use-case.js';
import type { SnapshotOrder, VerifySnapshot } from './verify-snapshot/verify-snapshot.use-case.js';

/** What a message asks to be proven; undefined: nothing. */
export type VerificationOrder = { readonly snapshot: SnapshotOrder } | { readonly backup: BackupOrder } | undefined;

/** A snapshot is proven where its policy says so. */
export function orderOfReady({ id, data }: MessageOf<DataOf<typeof SnapshotReady>>): VerificationOrder {
  if (!data.verify.includes('snapshot')) return undefined;
  return { snapshot: { ready: data, assertion: data.assertion, messageId: id } };
}

/** A backup is proven where the policy of its snapshot says so. */
export function orderOfBackup({ id, data }: MessageOf<DataOf<typeof BackupCompleted>>): VerificationOrder {
  return data.verify ? { backup: { backup: data, messageId: id } } : undefined;
}

/** What is proven once more. */
export function orderOfRequest({ id, data }: MessageOf<DataOf<typeof VerificationRequested>>): VerificationOrder {
  if (data.level === 'backup') return { backup: { backup: data.backup, messageId: id } };
  return { snapshot: { ready: data.ready, assertion: data.assertion ?? data.ready.assertion, messageId: id } };
}

/** The use cases that carry orders out. */
export interface Verifiers {
  readonly snapshot: Pick<VerifySnapshot, 'abandon'>;
  readonly backup: Pick<VerifyBackup, 'abandon'>;
}

/**
 * Tells `restore.failed` of an order whose message was given up without a verdict, as when the service crashed each time
 * it worked on it: nobody waits for its verdict for ever. A message that names no order is a dead letter only.
 */
export const abandonRejected =
  (verifiers: () => Verifiers): OnRejected =>
  async (definition, _envelope, payload, error, subject) => {
    const order = error.code === 'wrong_device' ? undefined : readOrder(definition, payload, subject);
    if (order === undefined) return;
    if ('snapshot' in order) await verifiers().snapshot.abandon(order.snapshot, error);
    else await verifiers().backup.abandon(order.backup, error);
  };

function readOrder(definition: MessageDefinition | undefined, payload: Uint8Array, subject: string): VerificationOrder {
  try {
    if (definition === SnapshotReady) return orderOfReady(parseMessage(SnapshotReady, payload, subject));
    if (definition === BackupCompleted) return orderOfBackup(parseMessage(BackupCompleted, payload, subject));
    if (definition === VerificationRequested)
      return orderOfRequest(parseMessage(VerificationRequested, payload, subject));
  } catch {
    // It cannot be read: that is why it was given up.
  }
  return undefined;
}
