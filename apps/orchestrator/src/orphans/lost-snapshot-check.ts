import type { Check } from '../answer/examine-device.use-case.js';
import type { RestorePointStore } from '../journal/restore-point.store.js';

const mostNamed = 10;

/** The doctor's line about restore points whose VolumeSnapshot somebody else has deleted. */
export class LostSnapshotCheck {
  constructor(private readonly restorePoints: Pick<RestorePointStore, 'all'>) {}

  check(): Check {
    const lost = this.restorePoints.all().filter(({ lostSnapshot }) => lostSnapshot !== undefined);
    const named = lost
      .slice(0, mostNamed)
      .map((point) => `${point.restorePointId} of ${point.namespace}/${point.persistentVolumeClaim}`);
    const note =
      lost.length === 0
        ? 'the scans have missed none'
        : `${String(lost.length)} lost, so that they count as no copy: ${named.join(', ')}; \`snapfleet snapshot delete\` forgets one`;
    return {
      check: 'every restore point has its VolumeSnapshot',
      passed: lost.length === 0,
      note: note.slice(0, 2048),
    };
  }
}
