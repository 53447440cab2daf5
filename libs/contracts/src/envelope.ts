import { z } from 'zod';
import { DeviceId } from './identifiers.js';

/** The content type of every message: CloudEvents 1.0, structured mode, JSON. */
export const cloudEventContentType = 'application/cloudevents+json';

/** The largest message that is sent and taken, in bytes; backup data never travels over NATS. */
export const maximumMessageBytes = 256 * 1024;

/** How many bytes a value has in a message. */
export const jsonBytes = (value: object): number => new TextEncoder().encode(JSON.stringify(value)).byteLength;

/**
 * CloudEvents 1.0 with our extension attributes. Extension names are lower-case letters and digits, as the
 * specification demands (CloudEvents 1.0.2, "Attribute Naming Convention").
 */
export const Envelope = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(128).describe('unique with `source`; also sent as Nats-Msg-Id'),
  source: z.string().min(1).max(256).describe('who published it, such as /devices/edge-1/orchestrator'),
  type: z.string().min(1).max(128).describe('io.snapfleet.<message>.v<version>'),
  subject: z.string().max(512).optional().describe('<namespace>/<PersistentVolumeClaim>'),
  time: z.iso.datetime({ offset: true }).optional(),
  datacontenttype: z.literal('application/json').optional(),
  dataschema: z.string().max(512).optional(),
  deviceid: DeviceId.optional().describe('the device that it is about; must be the one in the NATS subject'),
  workflowid: z.string().max(128).optional().describe('the operation that it belongs to'),
  causationid: z.string().max(128).optional().describe('id of the message that caused it'),
  sequence: z.string().max(32).optional().describe('order among the events of one device'),
  replyto: z.string().max(256).optional().describe('NATS subject on which the outcome is awaited'),
  expires: z.iso.datetime({ offset: true }).optional().describe('a command is not begun after this time'),
  history: z
    .boolean()
    .optional()
    .describe(
      'true: told before, and told again because the stream that had it was lost; services do nothing about it',
    ),
  traceparent: z.string().max(128).optional(),
  tracestate: z.string().max(512).optional(),
  data: z.unknown(),
});
export type Envelope = z.infer<typeof Envelope>;

/** An envelope whose data has been parsed by its contract. */
export type MessageOf<Data> = Omit<Envelope, 'data'> & { readonly data: Data };
