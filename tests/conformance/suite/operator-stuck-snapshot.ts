import { randomUUID } from 'node:crypto';
import { SnapshotRemove } from '@snapfleet/contracts';
import { describe, expect, test } from 'vitest';
import type { RealDevice } from '../../support/real-device/real-device.js';
import { volumeSnapshot } from './manifests.js';
import { errorOf, type OperatorUnderTest } from './operator-client.js';
import type { Home } from './operator-preflight.js';

const deadlineSeconds = 3;
/** How long the deletion must have been asked for (RemoveOrReleaseUseCase). */
const graceMs = 60_000;
const boundProtection = 'snapshot.storage.kubernetes.io/volumesnapshot-bound-protection';

/**
 * A VolumeSnapshot that will not go because the snapshot-controller hangs. The two halves are described apart: what is tested
 * between them fills the time that must pass, and needs no snapshots.
 */
export class StuckSnapshot {
  readonly #restorePointId = randomUUID();
  readonly #name = `snapfleet-${this.#restorePointId}`;

  constructor(private readonly device: () => RealDevice) {}

  readonly describeStuck = (use: () => OperatorUnderTest, home: () => Home): void => {
    describe('with a snapshot-controller that hangs', () => {
      test('a VolumeSnapshot that will not go is explained', async () => {
        this.#controller().hang();
        const { namespace } = home();
        const made = volumeSnapshot(namespace, this.#name, home().persistentVolumeClaim, 'topolvm-snapclass');
        const labels = {
          'app.kubernetes.io/managed-by': 'snapfleet',
          'snapfleet.io/restore-point': this.#restorePointId,
        };
        const finalizers = [boundProtection];
        await use().cluster.apply({ ...made, metadata: { ...made.metadata, labels, finalizers } });
        const error = await errorOf(this.#remove(use(), home(), false));
        expect(error.code).toBe('snapshot_delete_pending');
        expect(error.message).toContain('volumesnapshot-bound-protection');
        expect(error.message).toContain('its finalizers must stay: its deletion was asked for');
      });
    });
  };

  readonly describeReleased = (use: () => OperatorUnderTest, home: () => Home): void => {
    describe('with a snapshot-controller that still hangs', () => {
      test('the VolumeSnapshot is let go on request, and by then it is proven that nothing refers to it', async () => {
        const { cluster } = use();
        const { namespace } = home();
        await cluster.until('the deletion was asked for long enough ago', async () => {
          const deletion = (await cluster.snapshot(namespace, this.#name))?.metadata.deletionTimestamp ?? '';
          return Date.now() - Date.parse(deletion) > graceMs;
        });
        const error = await errorOf(this.#remove(use(), home(), false));
        expect(error.message).toContain('nothing refers to it any more');
        expect(await this.#remove(use(), home(), true)).toEqual({
          freed: true,
          finalizersRemoved: [boundProtection],
        });
        expect(await cluster.snapshot(namespace, this.#name)).toBeUndefined();
        this.#controller().goOn();
      });
    });
  };

  #remove({ call }: OperatorUnderTest, home: Home, releaseFinalizers: boolean) {
    const restorePointId = this.#restorePointId;
    return call(SnapshotRemove, { restorePointId, ...home, purge: false, releaseFinalizers, deadlineSeconds });
  }

  #controller() {
    const controller = this.device().controlPlane.servers.get('snapshot-controller');
    if (controller === undefined) throw new Error('there is no snapshot-controller');
    return controller;
  }
}
