import type { MessageDefinition, Plane } from './definition.js';
import { DeviceId } from './identifiers.js';

const root = 'snap.v1';

/** The NATS subject of a message on a device: `snap.v1.<plane>.<device>.<resource>.<verb or fact>`. */
export function subjectFor(message: Pick<MessageDefinition, 'plane' | 'name'>, device: DeviceId): string {
  return `${root}.${message.plane}.${device}.${message.name}`;
}

/** The same for every device, for filters: `snap.v1.evt.*.snapshot.ready`. */
export function subjectOfAllDevices(message: Pick<MessageDefinition, 'plane' | 'name'>): string {
  return `${root}.${message.plane}.*.${message.name}`;
}

/** All subjects of a plane. */
export function subjectsOfPlane(plane: Plane | 'dlq'): string {
  return `${root}.${plane}.>`;
}

/** Where the transport of one service puts what it gave up on. */
export function deadLetterSubject(stream: string, durable: string): string {
  return `${root}.dlq.${stream}.${durable}`;
}

/** What a subject says, or undefined when it is none of ours. */
export function parseSubject(subject: string): { plane: Plane; device: DeviceId; name: string } | undefined {
  const match = /^snap\.v1\.(cmd|evt|agent|svc)\.([^.]+)\.([a-z-]+\.[a-z-]+)$/.exec(subject);
  const device = DeviceId.safeParse(match?.[2]);
  if (!match?.[1] || !match[3] || !device.success) return undefined;
  return { plane: match[1] as Plane, device: device.data, name: match[3] };
}
