import { type CommandHandle, SnapshotCreate, SnapshotDelete, SnapshotShow } from '@snapfleet/client';
import { expect, test } from 'vitest';
import type { FaultBench } from './fault-bench.js';
import { loss } from './fault-list.js';
import { strike } from './strike.js';

const deadline = { deadlineMs: 180_000 };

/** What the stream tells once more of a restore point that was deleted. */
export function describeReplayedFacts(bench: () => FaultBench): void {
  async function prove(): Promise<CommandHandle<'snapshot.create'>> {
    const { client, namespace, persistentVolumeClaim } = bench();
    const policy = { movers: ['copy' as const], verify: ['snapshot' as const, 'backup' as const] };
    const handle = await client.send(SnapshotCreate, { namespace, persistentVolumeClaim, policy });
    expect((await client.completion(handle, deadline)).data).toMatchObject({ outcome: 'proven' });
    return handle;
  }

  async function remove({ restorePointId }: CommandHandle, allowLastGoodCopy: boolean): Promise<void> {
    const { client } = bench();
    const command = { restorePointId, deleteBackups: true, allowLastGoodCopy };
    await client.outcome(await client.send(SnapshotDelete, command), deadline);
  }

  test('after a loss of all consumers do not bring it back, nor let the last good copy go', async () => {
    const deleted = await prove();
    await remove(deleted, true);
    expect(await strike(bench(), loss('all consumers'))).toEqual([]);
    // Its facts come behind those that are told once more.
    const kept = await prove();
    const { restorePoint } = await bench().client.ask(SnapshotShow, { restorePointId: deleted.restorePointId });
    expect(restorePoint).toMatchObject({ phase: 'deleted', backups: [{ state: 'deleted' }] });
    const ends = bench().events.filter(
      ({ name, data }) => name === 'snapshot.completed' && data.restorePointId === deleted.restorePointId,
    );
    expect(new Set(ends.map(({ message }) => message.id)).size).toBe(1);
    await expect(remove(kept, false)).rejects.toMatchObject({ code: 'last_good_copy' });
    await remove(kept, true);
  });
}
