import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  BackupCompleted,
  BackupProgress,
  operationIdFor,
  SnapshotCompleted,
  SnapshotCreate,
  SnapshotReady,
  SnapshotRequested,
} from '@snapfleet/contracts';
import { execa } from 'execa';
import { serverPrograms } from '../support/servers.js';
import { device as deviceId, type ScriptedDevice } from './scripted-device.js';

export const root = fileURLToPath(new URL('../../', import.meta.url));
const deadlineMs = 30_000;

/** Brings up to date what the programs under test are made of. */
export async function buildPrograms(): Promise<void> {
  await execa('tsc', ['-b', 'apps/cli'], { cwd: root, preferLocal: true });
}

/** How a program ended. */
export interface Ran {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of the checkout against a device, to its end. */
export async function runProgram(device: ScriptedDevice, file: string, ...words: string[]): Promise<Ran> {
  const programs = await serverPrograms('nats', 'natscli');
  const { exitCode, stdout, stderr } = await execa(file, words, {
    cwd: root,
    reject: false,
    timeout: deadlineMs,
    env: {
      PATH: `${programs}:${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
      SNAPFLEET_NATS_URL: device.server.url,
      SNAPFLEET_DEVICE: deviceId,
      NATS_URL: device.server.url,
      NO_COLOR: '1',
    },
  });
  return { exitCode, stdout, stderr };
}

export const snapfleet = (device: ScriptedDevice, ...words: string[]): Promise<Ran> =>
  runProgram(device, `${root}apps/cli/bin/snapfleet`, ...words);

/** Plays a device that makes and proves a restore point for each `snapshot.create`. */
export function playSnapshots(device: ScriptedDevice, outcome: 'proven' | 'incomplete' = 'proven'): void {
  device.onCommand(SnapshotCreate, async ({ id, data }) => {
    const { namespace, persistentVolumeClaim, idempotencyKey = id } = data;
    const operationId = operationIdFor(deviceId, 'snapshot.create', idempotencyKey);
    const about = { restorePointId: operationId, namespace, persistentVolumeClaim };
    const context = { workflowId: operationId, causationId: id, subject: `${namespace}/${persistentVolumeClaim}` };
    await device.tell(SnapshotRequested, { ...about, quiesce: data.policy.quiesce }, context);
    await device.tell(SnapshotReady, { ...SnapshotReady.example, ...about }, context);
    await device.tell(BackupProgress, { ...BackupProgress.example, ...about }, context);
    await device.tell(BackupCompleted, { ...BackupCompleted.example, ...about }, context);
    const failures = outcome === 'proven' ? [] : ['backup restic: mover_failed'];
    await device.tell(SnapshotCompleted, { ...about, outcome, failures }, context);
  });
}
