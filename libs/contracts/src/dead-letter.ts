import { z } from 'zod';
import { type ErrorCode, errorCodeNames } from './error-codes.js';

/**
 * Headers of a dead letter, beside those of the original message. The payload of a dead letter is the original payload,
 * byte for byte; its subject is `snap.v1.dlq.<stream>.<durable>`.
 */
export const deadLetterHeaders = {
  /** Subject on which the original came. */
  subject: 'Snapfleet-Subject',
  /** Stream that held it. */
  stream: 'Snapfleet-Stream',
  /** Durable consumer that gave up on it. */
  durable: 'Snapfleet-Durable',
  /** Its sequence in that stream. */
  sequence: 'Snapfleet-Sequence',
  /** How often it was delivered to that consumer. */
  attempts: 'Snapfleet-Attempts',
  /** Error code, see the list of error codes. */
  errorCode: 'Snapfleet-Error-Code',
  /** What happened, in one line, for people. */
  errorMessage: 'Snapfleet-Error-Message',
  /** CloudEvents id of the original, where it could be read. */
  messageId: 'Snapfleet-Message-Id',
  /** Size of the original in bytes, where the dead letter holds only its beginning; such a one cannot be put back. */
  truncatedFrom: 'Snapfleet-Truncated-From',
} as const;

/** Header of a message that was put back: the only durable consumer that takes it; the others pass it by. */
export const putBackForHeader = 'Snapfleet-Put-Back-For';

/** A nats-server takes a subject, with the rest of its line, of at most 4096 bytes (`max_control_line`). */
const longestSubject = 4096;

/** Why a message is in the dead-letter stream, as its headers say. */
export const DeadLetterReason = z.object({
  subject: z.string().min(1).max(longestSubject),
  stream: z.string().min(1).max(128),
  durable: z.string().min(1).max(128),
  sequence: z.coerce.number().int().nonnegative(),
  attempts: z.coerce.number().int().nonnegative(),
  errorCode: z.enum(errorCodeNames).catch('internal' satisfies ErrorCode),
  errorMessage: z.string().max(1024).default('').describe('empty: the error said nothing'),
  messageId: z.string().max(128).optional(),
  truncatedFrom: z.coerce.number().int().positive().optional(),
});
export type DeadLetterReason = z.infer<typeof DeadLetterReason>;

/** Of how many characters at most a part of a reason is written; of the others 128. */
const longest: Partial<Record<keyof DeadLetterReason, number>> = { subject: longestSubject, errorMessage: 1024 };

/** The headers that tell a reason, as pairs. Header values are one line of bounded length: control characters become spaces. */
export function deadLetterHeadersFor(reason: DeadLetterReason): readonly (readonly [string, string])[] {
  const pairs = Object.entries(deadLetterHeaders) as [keyof DeadLetterReason, string][];
  return pairs.flatMap(([key, header]) => {
    const value = reason[key];
    return value === undefined ? [] : [[header, oneLine(String(value), longest[key] ?? 128)] as const];
  });
}

/** Reads the reason of a dead letter; undefined when the headers are not those of a dead letter. */
export function readDeadLetterReason(header: (name: string) => string | undefined): DeadLetterReason | undefined {
  const read = (name: string): string | undefined => {
    const value = header(name);
    return value === '' ? undefined : value;
  };
  const values = Object.entries(deadLetterHeaders).map(([key, name]) => [key, read(name)] as const);
  const reason = DeadLetterReason.safeParse(Object.fromEntries(values.filter(([, value]) => value !== undefined)));
  return reason.success ? reason.data : undefined;
}

function oneLine(text: string, mostCharacters: number): string {
  // eslint-disable-next-line no-control-regex -- control characters are what must not be in a header
  return text.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ').slice(0, mostCharacters);
}
