import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  deterministicUuid,
  type Outcome,
  parseEnvelope,
  VolumeExpose,
  VolumeHandle,
  VolumeRestore,
} from '@snapfleet/contracts';
import type { NatsConnection, Subscription } from '@nats-io/nats-core';

const run = promisify(execFile);

/**
 * Stands in for host-lvm and cluster-operator where what is tested is who reads and restores: a volume is a directory,
 * and restoring a snapshot is a copy of it.
 */
export class AgentStandIn {
  readonly calls: string[] = [];
  /** Volumes that exist: the directory of each handle. */
  readonly volumes = new Map<string, string>();
  readonly leases = new Set<string>();
  /** What happens to a restored volume before anyone reads it. */
  damage: (directory: string) => Promise<unknown> = () => Promise.resolve();
  private readonly subscription: Subscription;

  constructor(
    connection: NatsConnection,
    private readonly directory: string,
  ) {
    this.subscription = connection.subscribe('snap.v1.agent.*.>', {
      callback: (_error, { subject, data }) => {
        if (subject.includes('.backup.')) return;
        const envelope = parseEnvelope(data);
        const name = subject.split('.').slice(4).join('.');
        this.calls.push(name);
        void this.answer(name, envelope.data).then((outcome) => {
          if (envelope.replyto !== undefined) connection.publish(envelope.replyto, JSON.stringify(outcome));
        });
      },
    });
  }

  close(): void {
    this.subscription.unsubscribe();
  }

  private async answer(name: string, data: unknown): Promise<Outcome<unknown>> {
    const fields = data as Record<string, string>;
    switch (name) {
      case 'volume.expose':
        return this.expose(fields);
      case 'volume.renew':
        return { ok: true, result: { expiresAt: new Date(Date.now() + 60_000).toISOString() } };
      case 'volume.conceal':
        return { ok: true, result: { concealed: this.leases.delete(fields['leaseId'] ?? '') } };
      case 'volume.restore':
        return { ok: true, result: await this.restore(VolumeRestore.data.parse(data)) };
      default:
        return { ok: true, result: { removed: await this.remove(fields['targetClaim'] ?? '') } };
    }
  }

  private expose({ volumeHandle = '', leaseKey = '' }: Record<string, string>): Outcome<unknown> {
    const path = this.volumes.get(volumeHandle);
    const detail = { message: `no volume ${volumeHandle}`, remedy: 'none', retryable: false };
    if (path === undefined) return { ok: false, error: { code: 'volume_not_found', ...detail } };
    this.leases.add(leaseKey);
    const logicalVolume = {
      ...{ volumeGroup: 'vg', logicalVolume: volumeHandle, lvUuid: 'u', path: '/dev/vg/lv', pool: 'pool', origin: '' },
      ...{ sizeBytes: 1 << 20, mappedPercent: 1, access: 'read-only', active: true },
    };
    const lease = { leaseId: leaseKey, path, expiresAt: new Date(Date.now() + 60_000).toISOString() };
    return {
      ok: true,
      result: VolumeExpose.reply.parse({ ...lease, mountOptions: ['ro'], cleanLog: true, logicalVolume }),
    };
  }

  private async restore({
    snapshot,
    targetClaim,
    operationId,
    assertion,
  }: ReturnType<typeof VolumeRestore.data.parse>) {
    const volumeHandle = VolumeHandle.parse(deterministicUuid('restored', targetClaim));
    const path = join(this.directory, targetClaim);
    await rm(path, { recursive: true, force: true });
    await run('cp', ['--archive', this.volumes.get(snapshot.snapshotHandle) ?? '/nowhere', path]);
    await this.damage(path);
    this.volumes.set(volumeHandle, path);
    const ran = assertion === undefined ? {} : { assertion: { exitCode: 0, message: '' } };
    return { claimUid: operationId, volumeHandle, sizeBytes: 1 << 20, ...ran };
  }

  private async remove(targetClaim: string): Promise<boolean> {
    await rm(join(this.directory, targetClaim), { recursive: true, force: true });
    return this.volumes.delete(deterministicUuid('restored', targetClaim));
  }
}
