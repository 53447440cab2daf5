import { createHash } from 'node:crypto';
import { z } from 'zod';

const dnsLabel = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const dnsSubdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** A device's name: one token of a NATS subject, valid as a KV key and in a consumer name. */
export const DeviceId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1 to 63 of a-z, 0-9 and "-", and not begin with "-"')
  .brand<'DeviceId'>();
export type DeviceId = z.infer<typeof DeviceId>;

/** The identity of a restore point: a UUID made from the device and the command's idempotency key. */
export const RestorePointId = z.uuid().brand<'RestorePointId'>();
export type RestorePointId = z.infer<typeof RestorePointId>;

/** The identity of one run of a command; every event that the run causes carries it as `workflowid`. */
export const OperationId = z.uuid().brand<'OperationId'>();
export type OperationId = z.infer<typeof OperationId>;

/**
 * When an operation began, in the order of all that began on its device: what comes late of one with a lower number than a
 * later one has left on an object is refused there.
 */
export const FencingToken = z.number().int().positive().brand<'FencingToken'>();
export type FencingToken = z.infer<typeof FencingToken>;

/**
 * How far a number that is found in the cluster may be ahead of those that a journal has given: more operations than any device
 * ever runs. What is farther is somebody else's, and to follow it would use the numbers up.
 */
export const farthestTokenAhead = 2 ** 32;

/** The name of a Kubernetes namespace (RFC 1123 label). */
export const Namespace = z
  .string()
  .max(63)
  .regex(dnsLabel, 'must be a Kubernetes namespace: lower-case letters, digits and "-", at most 63')
  .brand<'Namespace'>();
export type Namespace = z.infer<typeof Namespace>;

/** The name of a Kubernetes object (RFC 1123 subdomain). */
export const ObjectName = z
  .string()
  .max(253)
  .regex(dnsSubdomain, 'must be a Kubernetes object name: lower-case letters, digits, "-" and ".", at most 253')
  .brand<'ObjectName'>();
export type ObjectName = z.infer<typeof ObjectName>;

/** A Kubernetes object's uid. Etcd gives every object its own, so a recreated object is seen as another one. */
export const ObjectUid = z.string().min(1).max(128).brand<'ObjectUid'>();
export type ObjectUid = z.infer<typeof ObjectUid>;

/** A Pod's uid as it stands in the name of its cgroup: a UUID, or for a static Pod 32 hexadecimal digits. */
export const PodUid = z
  .string()
  .regex(/^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})$/, 'must be the uid of a Pod')
  .brand<'PodUid'>();
export type PodUid = z.infer<typeof PodUid>;

/**
 * What CSI calls the volume or snapshot handle. TopoLVM's is the LV name, which is the LogicalVolume object's uid
 * (topolvm/topolvm internal/driver/controller.go); no other form is accepted.
 */
export const VolumeHandle = z
  .string()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be a TopoLVM volume handle, which is a lower-case UUID')
  .brand<'VolumeHandle'>();
export type VolumeHandle = z.infer<typeof VolumeHandle>;

/** What a caller repeats to say that it means the same operation: the second command with a key does nothing new. */
export const IdempotencyKey = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[A-Za-z0-9._:/-]+$/, 'must be 1 to 128 of letters, digits and ._:/-');
export type IdempotencyKey = z.infer<typeof IdempotencyKey>;

/** A number of bytes. */
export const Bytes = z.number().int().nonnegative();

/** A digest as `sha256:<64 hexadecimal digits>`. */
export const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hexadecimal digits');

const snapfleetNamespace = '6f0d7d0e-6c1f-5f0b-9a53-3f5a0c7e1b42';

/** A UUID version 5 (RFC 9562) of these parts: the same parts always give the same id. */
export function deterministicUuid(...parts: readonly string[]): string {
  const hash = createHash('sha1')
    .update(Buffer.from(snapfleetNamespace.replaceAll('-', ''), 'hex'))
    .update(JSON.stringify(parts))
    .digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The operation that a command with this key starts on this device; publisher and device compute it alike. */
export function operationIdFor(device: DeviceId, command: string, key: IdempotencyKey): OperationId {
  return OperationId.parse(deterministicUuid('operation', device, command, key));
}

/** The restore point that `snapshot.create` with this key makes: the operation's own id. */
export function restorePointIdFor(device: DeviceId, key: IdempotencyKey): RestorePointId {
  return RestorePointId.parse(operationIdFor(device, 'snapshot.create', key));
}

/** The restore point of one claim that `group.create` makes as operation `groupId`. */
export function memberRestorePointId(groupId: OperationId, persistentVolumeClaim: ObjectName): RestorePointId {
  return RestorePointId.parse(deterministicUuid('group-member', groupId, persistentVolumeClaim));
}
