import type { Check } from '../answer/examine-device.use-case.js';
import type { OrphanStore } from '../journal/orphan.store.js';
import type { OrphanReconciler } from './orphan-reconciler.js';

const mebibyte = 1 << 20;

/** The doctor's line about what is left over: ours is to be looked after, that of others is only counted. */
export class OrphanCheck {
  constructor(
    private readonly orphans: Pick<OrphanStore, 'all'>,
    private readonly reconciler: Pick<OrphanReconciler, 'lastScan'>,
    private readonly now: () => Date,
  ) {}

  check(): Check {
    const check = 'nothing of ours is left over';
    const { problem, scannedAt } = this.reconciler.lastScan;
    if (problem !== undefined) {
      const note = `the last scan did not succeed: ${problem.message}`.slice(0, 2048);
      return { check, passed: false, note, error: problem };
    }
    const quarantined = this.orphans.all(this.now()).filter(({ quarantinedSince }) => quarantinedSince !== undefined);
    const ours = quarantined.filter(({ owner }) => owner === 'ours');
    const bytes = ours.reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0);
    const others = quarantined.length - ours.length;
    const note = [
      `${String(ours.length)} of ours in quarantine${ours.length === 0 ? '' : `, ${String(Math.round(bytes / mebibyte))} MiB`}`,
      ...(others === 0 ? [] : [`${String(others)} of others or unknown`]),
      scannedAt === undefined ? 'not scanned since the start' : `scanned at ${scannedAt.toISOString()}`,
    ].join('; ');
    return { check, passed: ours.length === 0, note };
  }
}
