import { Orphan, type InventoryEntry } from '@snapfleet/contracts';
import { describe, expect, test } from 'vitest';
import { orphanIdOf } from './finding.js';
import {
  busy,
  content,
  deleted,
  deleting,
  explain,
  failed,
  handle,
  id,
  kept,
  logicalVolume,
  lostId,
  old,
  pod,
  retained,
  scratchClaim,
  snapshot,
  uid,
  unrecorded,
  volume,
  type Known,
  type Thing,
} from './samples.js';

type Situation = readonly [what: string, thing: Thing, known: Known, verdict: string, words: string];

const used = { referencedBy: ['something uses it'] };
const retain = { deletionPolicy: 'Retain' };
const going = { deletionRequestedAt: old };
const lost = { restorePointId: lostId };
const theirs = { managed: false };
const verifying = { ...kept, awaitsVerification: true };

const situations: readonly Situation[] = [
  ['a snapshot of a failed restore point', snapshot(), failed, 'ours automatic', 'failed, and its VolumeSnapshot is'],
  ['a snapshot of a deleted restore point', snapshot(), deleted, 'ours automatic', 'is deleted'],
  ['a retained one that came back with an older etcd', snapshot(), retained, 'ours on-command', 'by command only'],
  ['a snapshot that is in its place', snapshot(), { ...kept, volumeSnapshotUid: uid }, 'none', ''],
  ['a snapshot that is worked on', snapshot(), busy, 'none', ''],
  ['a snapshot that was just made', snapshot({ createdAt: '2026-11-23T11:55:00Z' }), failed, 'none', ''],
  ['a snapshot whose deletion did not succeed', snapshot(), deleting, 'ours never', 'did not succeed'],
  ['a kept snapshot that somebody deletes', snapshot(going), kept, 'ours never', 'somebody asked for its deletion'],
  ['a kept snapshot that is broken', snapshot({ ready: false }), kept, 'ours never', 'not ready any more'],
  ['a snapshot that is being restored', snapshot(used), failed, 'ours never', 'something uses it'],
  [
    'another one',
    snapshot({ uid: 'x' }),
    { ...kept, volumeSnapshotUid: uid },
    'unknown never',
    'another VolumeSnapshot',
  ],
  ['a snapshot that no journal knows', snapshot(lost), failed, 'unknown never', 'journal does not know'],
  ['a snapshot with our label, another name', snapshot({ name: 'theirs' }), failed, 'unknown never', 'not its name'],
  ['a snapshot of another claim', snapshot({ persistentVolumeClaim: 'x' }), failed, 'unknown never', 'not its name'],
  ['a snapshot in another namespace', snapshot({ namespace: 'x' }), failed, 'unknown never', 'not its name'],
  ['a snapshot of a given content', snapshot({ persistentVolumeClaim: undefined }), failed, 'unknown never', 'claim'],
  ['a broken one', snapshot({ ...theirs, ready: false, error: 'no room' }), failed, 'foreign never', 'no room'],
  ['a stuck one', snapshot({ ...theirs, ...going, holdsClaim: true }), failed, 'foreign never', 'waits for it'],

  ['a content of a failed restore point', content(), failed, 'ours automatic', 'its VolumeSnapshot is gone'],
  ['a retained content of a failed one', content(retain), failed, 'ours automatic', ''],
  ['a retained content of a deleted one', content(retain), deleted, 'ours on-command', 'by command only'],
  ['a content that is counted on', content(), kept, 'ours never', 'counts on it'],
  ['a content whose volume others name', content(used), deleted, 'ours never', 'something uses it'],
  ['a content of an unrecorded uid', content(), unrecorded, 'unknown never', 'has not recorded its uid'],
  [
    'a content of others',
    content({ volumeSnapshot: { name: 'x', uid: 'u' } }),
    failed,
    'foreign never',
    'gone without',
  ],
  ['a content made by hand', content({ volumeSnapshot: { name: 'x' } }), failed, 'foreign never', 'made by hand'],
  ['a content that is worked on', content(), busy, 'none', ''],

  ['a LogicalVolume of a failed one', logicalVolume(), failed, 'ours automatic', 'VolumeSnapshotContent is gone'],
  ['a LogicalVolume that Retain has kept', logicalVolume(), retained, 'ours on-command', 'by command only'],
  ['a LogicalVolume that is counted on', logicalVolume(), kept, 'ours never', 'counts on it'],
  ['a LogicalVolume of others', logicalVolume({ name: 'snapshot-x' }), failed, 'unknown never', 'a VolumeSnapshot'],
  [
    'a LogicalVolume of a name too long',
    logicalVolume({ name: `snapshot-${'x'.repeat(200)}` }),
    failed,
    'unknown never',
    'a VolumeSnapshot',
  ],
  ['a LogicalVolume of a claim', logicalVolume({ name: 'pvc-1' }), failed, 'unknown never', 'a PersistentVolume'],

  ['a volume of a failed restore point', volume(), failed, 'ours automatic', 'its LogicalVolume is gone'],
  ['a volume that Retain has kept', volume(), retained, 'ours on-command', 'by command only'],
  ['a volume that an older etcd does not know', volume(), kept, 'ours never', 'counts on it'],
  ['a volume that is open', volume({ open: true }), failed, 'ours never', 'open'],
  ['a volume that is leased', volume({ leased: true }), failed, 'ours never', 'lease'],
  ['a volume of an unknown handle', volume(), unrecorded, 'unknown never', 'the cluster does not know it'],
  ['a volume that is no handle', volume({ logicalVolume: 'root' }), failed, 'none', ''],

  ['a scratch claim of a verification that ended', scratchClaim(), kept, 'ours automatic', 'has ended'],
  ['a scratch claim of one that is to come', scratchClaim(), verifying, 'none', ''],
  ['a scratch claim of a deleted one', scratchClaim(), { ...deleted, awaitsVerification: true }, 'ours automatic', ''],
  ['a scratch claim that others mount', scratchClaim(used), kept, 'ours never', 'something uses it'],
  ['a scratch claim that no journal knows', scratchClaim(lost), kept, 'unknown never', 'does not know'],
  ['a Pod of a restore that has ended', pod(), { ...kept, ended: true }, 'ours automatic', 'has ended'],
  ['a Pod of a restore that goes on', pod(), { ...kept, ended: false }, 'none', ''],
  ['a Pod of a verification that is to come', pod(), verifying, 'none', ''],
  ['a Pod that no journal knows', pod(lost), kept, 'unknown never', 'does not know'],
];

describe('what is left over is explained', () => {
  test.each(situations)('%s', (_what, thing, known, verdict, words) => {
    const { orphans } = explain([thing], known);
    const [orphan] = orphans;
    expect(orphans).toHaveLength(verdict === 'none' ? 0 : 1);
    expect(orphan === undefined ? 'none' : `${orphan.owner} ${orphan.purge}`).toBe(verdict);
    if (orphan === undefined) return;
    expect([orphan.why, ...orphan.evidence, orphan.purgeNote].join(' ')).toContain(words);
    expect(Orphan.parse(orphan)).toEqual(orphan);
  });

  test('a volume that something in the cluster names is in its place', () => {
    expect(explain([volume()], failed, []).orphans).toEqual([]);
  });

  test('what was restored from a snapshot of ours says so, and stays', () => {
    const restored = logicalVolume({ name: 'pvc-1', source: `snapshot-${uid}` });
    const [orphan] = explain([restored], deleted).orphans;
    expect(orphan?.evidence).toContain(`it was restored from the snapshot of restore point ${id}`);
    expect(orphan?.purge).toBe('never');
  });

  test('what an operation works on is not judged, and not forgotten either', () => {
    const things = [snapshot(), content(), logicalVolume(), volume(), scratchClaim(), pod()];
    const { orphans, undecided } = explain(things, busy);
    expect(orphans).toEqual([]);
    expect(undecided).toContain(orphanIdOf('logical-volume', handle));
    expect(undecided).toHaveLength(things.length);
  });

  test('the same thing is the same orphan in every scan, and another uid another one', () => {
    const idOf = (thing: InventoryEntry) => explain([thing], failed).orphans[0]?.orphanId;
    expect(idOf(content())).toBe(idOf(content(retain)));
    expect(idOf(content())).not.toBe(idOf(content({ uid: 'another' })));
  });
});
