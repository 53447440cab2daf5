import { type OrphanPurge, SnapfleetError } from '@snapfleet/contracts';
import type { Accepted, AcceptCommandUseCase } from '../accept/accept-command.use-case.js';
import type { OperationStore } from '../journal/operation.store.js';
import type { OrphanStore } from '../journal/orphan.store.js';
import type { RestorePointStore } from '../journal/restore-point.store.js';
import type { PurgeState } from './purge-orphan.state.js';

/** Takes `orphan.purge`: of ours only, after its quarantine; a dry run needs none. */
export class AcceptPurgeUseCase {
  constructor(
    private readonly accept: Pick<AcceptCommandUseCase, 'accept'>,
    private readonly orphans: Pick<OrphanStore, 'find'>,
    private readonly restorePoints: Pick<RestorePointStore, 'find'>,
    private readonly operations: Pick<OperationStore, 'hasHung'>,
    private readonly now: () => Date,
  ) {}

  /** @throws SnapfleetError `orphan_not_found`, `orphan_not_purgeable`, `orphan_in_quarantine` */
  run(message: Accepted<typeof OrphanPurge>): void {
    const { orphanId, dryRun, releaseFinalizers } = message.data;
    this.accept.accept(message, 'orphan.purge', () => {
      const record = this.orphans.find(orphanId, this.now());
      if (record === undefined) throw new SnapfleetError('orphan_not_found', `there is no orphan ${orphanId}`);
      const {
        firstSeen: _,
        lastSeen: __,
        scans,
        quarantinedSince,
        quarantinedSeconds,
        quarantineOver,
        ...orphan
      } = record;
      const { restorePointId, kind, name, purgeNote } = orphan;
      const point = restorePointId === undefined ? undefined : this.restorePoints.find(restorePointId);
      if (orphan.owner !== 'ours' || orphan.purge === 'never' || point === undefined) {
        throw new SnapfleetError('orphan_not_purgeable', `${kind} ${name}: ${orphan.why}; ${purgeNote}`);
      }
      if (!dryRun && !quarantineOver) {
        const since =
          quarantinedSince === undefined
            ? `was seen in ${String(scans)} scan only`
            : `has been in quarantine for ${String(quarantinedSeconds)} s only`;
        throw new SnapfleetError('orphan_in_quarantine', `${kind} ${name} ${since}`);
      }
      const confirmed = releaseFinalizers && this.operations.hasHung(point.restorePointId);
      const options = { orphan, dryRun, releaseFinalizers: confirmed, cause: 'command', attempt: 1 } as const;
      const state: PurgeState = { phase: 'proving', ...options };
      return { kind: 'purge', state, points: [point], events: [] };
    });
  }
}
