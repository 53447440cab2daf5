import type { Provider } from '@nestjs/common';
import { AgentCommands } from '@snapfleet/messaging';
import { AcceptCommandUseCase } from '../accept/accept-command.use-case.js';
import type { OrchestratorSettings } from '../config.js';
import { EventRecorder } from '../journal/event-recorder.js';
import { Journal } from '../journal/journal.js';
import { OperationStore } from '../journal/operation.store.js';
import { OrphanStore, type QuarantineRules } from '../journal/orphan.store.js';
import { Outbox } from '../journal/outbox.js';
import { RestorePointStore } from '../journal/restore-point.store.js';
import { SnapshotIdentityStore } from '../journal/snapshot-identity.store.js';
import { OperationRunner } from '../operations/operation-runner.js';
import { systemClock } from '../operations/system-clock.js';
import { reportTo } from '../report.js';
import { AcceptPurgeUseCase } from './accept-purge.use-case.js';
import { AutomaticPurges } from './automatic-purges.js';
import { OrphanCheck } from './orphan-check.js';
import { OrphanReconciler } from './orphan-reconciler.js';
import { ScanOrphansUseCase } from './scan-orphans.use-case.js';

type PurgeStores = readonly [AcceptCommandUseCase, OrphanStore, RestorePointStore, OperationStore];

const second = 1000;
const now = (): Date => systemClock.now();

const scanProvider = (settings: OrchestratorSettings, rules: QuarantineRules): Provider => ({
  provide: ScanOrphansUseCase,
  useFactory: (
    journal: Journal,
    outbox: Outbox,
    events: EventRecorder,
    caller: AgentCommands,
    runner: OperationRunner,
  ) => {
    const restorePoints = new RestorePointStore(journal);
    const operations = new OperationStore(journal);
    const orphans = new OrphanStore(journal, rules);
    const automatic = settings.SNAPFLEET_ORPHAN_PURGE === 'automatic';
    return new ScanOrphansUseCase({
      journal,
      restorePoints,
      operations,
      identities: new SnapshotIdentityStore(journal),
      orphans,
      outbox,
      flush: events.flush,
      caller,
      runner,
      automaticPurges: automatic ? new AutomaticPurges(orphans, operations, restorePoints) : undefined,
      settleMs: settings.SNAPFLEET_ORPHAN_SETTLE_SECONDS * second,
      now,
    });
  },
  inject: [Journal, Outbox, EventRecorder, AgentCommands, OperationRunner],
});

/** How long a quarantine lasts; what counts of it from scan to scan is two intervals at most. */
export function quarantineOf(settings: OrchestratorSettings): QuarantineRules {
  const intervalMs = settings.SNAPFLEET_ORPHAN_SCAN_SECONDS * second;
  const quarantineMs = settings.SNAPFLEET_ORPHAN_QUARANTINE_SECONDS * second;
  return { quarantineMs, mostPerScanMs: intervalMs === 0 ? quarantineMs : 2 * intervalMs };
}

/** Wires the reconciler of what is left over. */
export function orphanProviders(settings: OrchestratorSettings): Provider[] {
  const intervalMs = settings.SNAPFLEET_ORPHAN_SCAN_SECONDS * second;
  const rules = quarantineOf(settings);
  return [
    {
      provide: SnapshotIdentityStore,
      useFactory: (journal: Journal) => new SnapshotIdentityStore(journal),
      inject: [Journal],
    },
    { provide: OrphanStore, useFactory: (journal: Journal) => new OrphanStore(journal, rules), inject: [Journal] },
    scanProvider(settings, rules),
    {
      provide: OrphanReconciler,
      useFactory: (scan: ScanOrphansUseCase) =>
        new OrphanReconciler({ scan, clock: systemClock, intervalMs, report: reportTo('orphans') }),
      inject: [ScanOrphansUseCase],
    },
    {
      provide: AcceptPurgeUseCase,
      useFactory: (...[accept, orphans, restorePoints, operations]: PurgeStores) =>
        new AcceptPurgeUseCase(accept, orphans, restorePoints, operations, now),
      inject: [AcceptCommandUseCase, OrphanStore, RestorePointStore, OperationStore],
    },
    {
      provide: OrphanCheck,
      useFactory: (orphans: OrphanStore, reconciler: OrphanReconciler) => new OrphanCheck(orphans, reconciler, now),
      inject: [OrphanStore, OrphanReconciler],
    },
  ];
}
