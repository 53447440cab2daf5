import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Manifest } from '../support/device-under-test.js';
import type { RealDevice } from '../support/real-device/real-device.js';
import { waitUntil } from '../support/wait-until.js';
import { claim } from './suite/manifests.js';

const deadlineMs = 120_000;

let device: RealDevice;
let core: CoreV1Api;

function podSpec(claimName: string, container: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    containers: [
      { name: 'main', image: 'none', volumeMounts: [{ name: 'data', mountPath: '/var/lib/data' }], ...container },
    ],
    volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }],
  };
}

function pod(namespace: string, name: string, spec: Record<string, unknown>): Manifest {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name }, spec };
}

async function endOf(namespace: string, name: string): Promise<{ phase: string; exitCode: number; message: string }> {
  return waitUntil(
    `Pod ${name} has ended`,
    async () => {
      const { status } = await core.readNamespacedPod({ namespace, name });
      const terminated = status?.containerStatuses?.[0]?.state?.terminated;
      if (status?.phase === undefined || terminated === undefined) return undefined;
      return { phase: status.phase, exitCode: terminated.exitCode, message: terminated.message ?? '' };
    },
    { deadlineMs, pauseMs: 100 },
  );
}

/** What is true of the real device only. */
export function describeRealDevice(start: () => Promise<RealDevice>): void {
  describe('the real device', () => {
    beforeAll(async () => {
      device = await start();
      const config = new KubeConfig();
      config.loadFromFile(device.kubeconfigPath);
      core = config.makeApiClient(CoreV1Api);
    });

    test('a Pod that never restarts runs its command on the volume and ends with its exit code', async () => {
      const namespace = await device.namespace();
      const run = (name: string, script: string, more: object = {}, command = ['sh', '-c', script]): Manifest =>
        pod(namespace, name, {
          restartPolicy: 'Never',
          ...more,
          ...podSpec('data', { command, terminationMessagePolicy: 'FallbackToLogsOnError' }),
        });
      await device.applyObjects(claim(namespace, 'data', { storageClassName: 'topolvm-provisioner-ext4' }));
      await device.applyObjects(run('right', 'echo fine > /var/lib/data/proof; printf yes > /dev/termination-log'));
      expect(await endOf(namespace, 'right')).toEqual({ phase: 'Succeeded', exitCode: 0, message: 'yes' });
      await device.applyObjects(
        run('wrong', 'cat /var/lib/data/proof; ls /root /work; id -u; exit 3', {
          securityContext: { runAsUser: 1234 },
        }),
      );
      const wrong = await endOf(namespace, 'wrong');
      expect(wrong).toMatchObject({ phase: 'Failed', exitCode: 3 });
      expect(wrong.message).toContain('fine');
      expect(wrong.message).toContain('1234');
      await device.applyObjects(run('absent', '', {}, ['no-such-program']));
      expect(await endOf(namespace, 'absent')).toMatchObject({ phase: 'Failed', exitCode: 128 });
    });

    test('a block volume is the device itself, for the node and for a container', async () => {
      const namespace = await device.namespace();
      await device.applyObjects(
        claim(namespace, 'raw', { volumeMode: 'Block' }),
        pod(
          namespace,
          'user',
          podSpec('raw', { volumeMounts: [], volumeDevices: [{ name: 'data', devicePath: '/dev/raw' }] }),
        ),
      );
      const raw = { namespace, persistentVolumeClaim: 'raw' };
      await device.runInVolume(raw, 'test -b "$DEVICE"; printf hello | dd of="$DEVICE" conv=fsync status=none');
      const reads = { command: ['sh', '-c', 'dd if=/dev/raw bs=5 count=1 status=none | grep -q hello'] };
      await device.applyObjects(
        pod(namespace, 'reader', {
          restartPolicy: 'Never',
          ...podSpec('raw', { volumeMounts: [], volumeDevices: [{ name: 'data', devicePath: '/dev/raw' }], ...reads }),
        }),
      );
      expect(await endOf(namespace, 'reader')).toMatchObject({ phase: 'Succeeded' });
    });
  });
}
