import { eventIdFor, OrphanFound, type Orphan } from '@snapfleet/contracts';
import type { Journal } from '../journal/journal.js';
import type { OperationStore } from '../journal/operation.store.js';
import type { OrphanStore } from '../journal/orphan.store.js';
import type { Outbox } from '../journal/outbox.js';
import type { RestorePointStore } from '../journal/restore-point.store.js';
import type { SnapshotIdentityStore } from '../journal/snapshot-identity.store.js';
import type { OperationRunner } from '../operations/operation-runner.js';
import type { AutomaticPurges } from './automatic-purges.js';
import { explainOrphans } from './explain/explain-orphans.js';
import { learnIdentities } from './explain/learn-identities.js';
import { JournalCatalogue } from './journal-catalogue.js';
import { LostSnapshots } from './lost-snapshots.js';
import { readInventories, type InventoryCaller } from './read-inventories.js';

/** What a scan works with. */
export interface ScanParts {
  readonly journal: Journal;
  readonly restorePoints: RestorePointStore;
  readonly operations: OperationStore;
  readonly identities: SnapshotIdentityStore;
  readonly orphans: OrphanStore;
  readonly outbox: Pick<Outbox, 'add'>;
  /** Wakes whoever publishes the outbox. */
  readonly flush: () => void;
  readonly caller: InventoryCaller;
  readonly runner: Pick<OperationRunner, 'enqueue'>;
  /** Undefined: orphans are purged by command only. */
  readonly automaticPurges: AutomaticPurges | undefined;
  readonly settleMs: number;
  readonly now: () => Date;
}

/** One scan: reads the device, explains what is left over, looks what is lost, and takes it into the journal in one transaction. */
export class ScanOrphansUseCase {
  private readonly lost: LostSnapshots;

  constructor(private readonly parts: ScanParts) {
    this.lost = new LostSnapshots(parts);
  }

  /** @throws SnapfleetError what a service answered; the journal is then as before */
  async run(signal: AbortSignal): Promise<void> {
    const { journal, identities, orphans, automaticPurges, runner, settleMs, now } = this.parts;
    const expected = this.lost.expected();
    const inventories = await readInventories(this.parts.caller, signal);
    const scanId = crypto.randomUUID();
    const time = now();
    const purges = journal.transaction(() => {
      const { restorePoints, operations } = this.parts;
      const catalogue = new JournalCatalogue(restorePoints, operations, identities);
      // VolumeSnapshots first: what is known of the others is known by theirs.
      const [snapshots, others] = partition(inventories.entries, ({ kind }) => kind === 'volume-snapshot');
      for (const part of [snapshots, others]) {
        for (const { restorePointId, identity } of learnIdentities(part, catalogue)) {
          identities.record(restorePointId, identity);
        }
      }
      const { orphans: seen, undecided } = explainOrphans({ ...inventories, readAt: time, settleMs }, catalogue);
      for (const orphan of orphans.takeIn(seen, undecided, time)) this.tell(orphan, scanId, time);
      this.lost.takeIn({ scanId, time, expected, inventories });
      return automaticPurges?.begin(scanId, time) ?? [];
    });
    this.parts.flush();
    for (const purge of purges) runner.enqueue(purge);
  }

  /** The same quarantine is told once; one that begins anew is told again. */
  private tell(orphan: Orphan, scanId: string, time: Date): void {
    this.parts.outbox.add({
      eventId: eventIdFor(orphan.orphanId, OrphanFound.name, time.toISOString()),
      name: OrphanFound.name,
      data: { orphan },
      workflowId: orphan.orphanId,
      causationId: scanId,
      subject: undefined,
      traceparent: undefined,
      time,
    });
  }
}

const partition = <T>(items: readonly T[], belongs: (item: T) => boolean): [T[], T[]] => [
  items.filter(belongs),
  items.filter((item) => !belongs(item)),
];
