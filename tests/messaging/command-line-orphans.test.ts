import {
  Orphan,
  orphanExample,
  OrphanExamined,
  OrphanList,
  OrphanPurge,
  OrphanPurged,
  OrphanPurgeFailed,
  type OrphanRecord,
} from '@snapfleet/contracts';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { buildPrograms, snapfleet } from './programs.js';
import { useScriptedDevice } from './scripted-device.js';

const running = useScriptedDevice();
const time = '2026-11-23T10:00:00Z';
const quarantined = { firstSeen: time, lastSeen: time, scans: 9, quarantinedSince: time, quarantinedSeconds: 86_400 };
const first: OrphanRecord = { ...Orphan.parse(orphanExample), ...quarantined, quarantineOver: true };
const second: OrphanRecord = { ...first, orphanId: Orphan.shape.orphanId.parse(crypto.randomUUID()), name: 'second' };
const staying: OrphanRecord = { ...first, orphanId: Orphan.shape.orphanId.parse(crypto.randomUUID()), purge: 'never' };

beforeAll(buildPrograms);
beforeEach(() => {
  const { device } = running;
  const orphans = [first, second, staying];
  device.answer(OrphanList, () => ({ ok: true, result: { scannedAt: time, orphans, total: orphans.length } }));
  device.onCommand(OrphanPurge, ({ data: { orphanId, dryRun }, workflowid }) => {
    const context = { workflowId: workflowid };
    if (dryRun) return device.tell(OrphanExamined, { ...OrphanExamined.example, orphanId }, context);
    return orphanId === second.orphanId
      ? device.tell(OrphanPurgeFailed, { ...OrphanPurgeFailed.example, orphanId }, context)
      : device.tell(OrphanPurged, { ...OrphanPurged.example, orphanId }, context);
  });
});

test('an orphan is purged by the beginning of its id, and the proof is shown', async () => {
  const { exitCode, stdout } = await snapfleet(running.device, 'orphans', 'purge', first.orphanId.slice(0, 8));
  expect(stdout).toContain(`- ${first.evidence[0] ?? ''}`);
  expect(stdout).toContain('is gone with its logical volume, 1.0 GiB.');
  expect(exitCode).toBe(0);
  const dryRun = await snapfleet(running.device, 'orphans', 'purge', first.orphanId, '--dry-run');
  expect(dryRun.stdout).toContain('may be purged; nothing was changed.');
});

test('all that may go are purged; one that must stay does not keep the others, and ends with 1', async () => {
  const { exitCode, stdout, stderr } = await snapfleet(running.device, 'orphans', 'purge', '--all');
  expect(stdout).toContain('is gone with its logical volume');
  expect(stderr).toContain(`${second.orphanId} second: orphan_not_purgeable`);
  expect(stdout + stderr).not.toContain(staying.orphanId);
  expect(exitCode).toBe(1);
});
