import { deterministicUuid, OperationId, Orphan } from '@snapfleet/contracts';
import type { OperationStore } from '../journal/operation.store.js';
import type { OrphanStore } from '../journal/orphan.store.js';
import type { RestorePointStore } from '../journal/restore-point.store.js';
import type { Operation } from '../operations/operation.js';
import { volumeResource } from '../operations/resources.js';
import { PurgeState } from './purge-orphan.state.js';

const mostAtATime = 16;

/** Which purges a scan begins where the settings say that orphans of ours are purged by themselves. */
export class AutomaticPurges {
  constructor(
    private readonly orphans: OrphanStore,
    private readonly operations: OperationStore,
    private readonly restorePoints: RestorePointStore,
  ) {}

  /** Journals them; belongs into the transaction of the scan. @returns what is to be run */
  begin(scanId: string, now: Date): Operation[] {
    const underWay = new Set(this.operations.open().flatMap(orphanIdOf));
    return this.orphans
      .all(now)
      .filter(({ owner, purge, quarantineOver }) => owner === 'ours' && purge === 'automatic' && quarantineOver)
      .filter(({ orphanId }) => !underWay.has(orphanId))
      .slice(0, mostAtATime)
      .flatMap((record): Operation[] => {
        const point = record.restorePointId && this.restorePoints.find(record.restorePointId);
        if (!point) return [];
        const options = { dryRun: false, releaseFinalizers: false, cause: 'automatic', attempt: 1 } as const;
        const state: PurgeState = { phase: 'proving', orphan: Orphan.parse(record), ...options };
        const operation: Operation = {
          operationId: OperationId.parse(deterministicUuid('purge', record.orphanId, scanId)),
          kind: 'purge',
          resources: [volumeResource(point)],
          restorePointIds: [point.restorePointId],
          commandId: scanId,
          traceparent: undefined,
          requestDigest: '',
          state,
          finished: false,
          cancelRequested: false,
        };
        return this.operations.add(operation, now) ? [operation] : [];
      });
  }
}

/** The orphan that an open purge is about. */
function orphanIdOf({ kind, state }: Operation): string[] {
  if (kind !== 'purge') return [];
  const purge = PurgeState.parse(state);
  return purge.phase === 'ended' ? [] : [purge.orphan.orphanId];
}
