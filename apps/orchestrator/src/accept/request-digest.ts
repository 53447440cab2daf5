import { SnapfleetError } from '@snapfleet/contracts';
import { createHash } from 'node:crypto';
import type { Operation } from '../operations/operation.js';

const notPartOfIt: ReadonlySet<string> = new Set(['idempotencyKey', 'requestedBy', 'reason']);

/** Digest of what a command asks for, without its key and without who asks and why. */
export function digestOfRequest(data: unknown): string {
  const text = JSON.stringify(data, (name, value: unknown) => (notPartOfIt.has(name) ? undefined : value));
  return createHash('sha256').update(text).digest('hex');
}

/** @throws SnapfleetError `invalid_message` when the key stands for another request */
export function refuseOtherRequest(known: Operation, requestDigest: string): void {
  if (known.requestDigest === requestDigest) return;
  const field = 'data.idempotencyKey';
  const rule = `was used for another request, by command ${known.commandId}`;
  throw new SnapfleetError('invalid_message', `${field}: ${rule}`, { field, rule });
}
