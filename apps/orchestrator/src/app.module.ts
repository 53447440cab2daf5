import { Logger, Module, type DynamicModule, type Provider } from '@nestjs/common';
import { AgentCommands, EventPublisher, MessagingModule, NatsLink } from '@snapfleet/messaging';
import { natsConnection } from '@snapfleet/service-kit';
import { AcceptCommandUseCase } from './accept/accept-command.use-case.js';
import { CancelSnapshotUseCase } from './accept/cancel-snapshot.use-case.js';
import { CommandsController } from './accept/commands.controller.js';
import { RejectCommandUseCase } from './accept/reject-command.use-case.js';
import { ConsumerPresence } from './answer/consumer-presence.js';
import { ExamineDeviceController } from './answer/examine-device.controller.js';
import { ExamineDeviceUseCase } from './answer/examine-device.use-case.js';
import { ListRestorePointsController } from './answer/list-restore-points.controller.js';
import type { OrchestratorSettings } from './config.js';
import { FactsController } from './facts/facts.controller.js';
import { factsProvider } from './facts/facts-provider.js';
import { EventRecorder } from './journal/event-recorder.js';
import { Journal } from './journal/journal.js';
import { OperationStore } from './journal/operation.store.js';
import { OrphanStore } from './journal/orphan.store.js';
import { OwnershipWatch } from './journal/ownership-watch.js';
import { OutboxRelay } from './journal/outbox-relay.js';
import { Outbox } from './journal/outbox.js';
import { RestorePointStore } from './journal/restore-point.store.js';
import { failpointOf } from './operations/failpoint.js';
import { OperationRunner } from './operations/operation-runner.js';
import { systemClock } from './operations/system-clock.js';
import { ListOrphansController } from './orphans/list-orphans.controller.js';
import { LostSnapshotCheck } from './orphans/lost-snapshot-check.js';
import { OrphanCheck } from './orphans/orphan-check.js';
import { orphanProviders, quarantineOf } from './orphans/orphan-providers.js';
import { SnapshotBegunController } from './orphans/snapshot-begun.controller.js';
import { recoveryProvider } from './recovery/recovery-provider.js';
import { reportTo } from './report.js';
import { WorkLifetime } from './work-lifetime.js';
import { workflows } from './workflow/workflows.js';

const now = (): Date => systemClock.now();

/** A process that was paused while another one took its place must not go on: nothing it knows is true any more. */
function endProcess(): void {
  new Logger('journal').fatal({ event: 'journal.taken-over' });
  process.exit(1);
}

const journalProviders = (settings: OrchestratorSettings): Provider[] => [
  { provide: Journal, useFactory: () => new Journal(settings.SNAPFLEET_JOURNAL, endProcess) },
  {
    provide: OwnershipWatch,
    useFactory: (journal: Journal) => new OwnershipWatch(journal, reportTo('journal')),
    inject: [Journal],
  },
  { provide: OperationStore, useFactory: (journal: Journal) => new OperationStore(journal), inject: [Journal] },
  { provide: RestorePointStore, useFactory: (journal: Journal) => new RestorePointStore(journal), inject: [Journal] },
  { provide: Outbox, useFactory: (journal: Journal) => new Outbox(journal), inject: [Journal] },
  {
    provide: OutboxRelay,
    useFactory: (outbox: Outbox, publisher: EventPublisher) =>
      new OutboxRelay(outbox, publisher, systemClock, reportTo('outbox')),
    inject: [Outbox, EventPublisher],
  },
  {
    provide: EventRecorder,
    useFactory: (outbox: Outbox, relay: OutboxRelay) =>
      new EventRecorder(outbox, () => {
        relay.notify();
      }),
    inject: [Outbox, OutboxRelay],
  },
];

const workProviders = (settings: OrchestratorSettings): Provider[] => [
  {
    provide: OperationRunner,
    useFactory: (
      journal: Journal,
      operations: OperationStore,
      restorePoints: RestorePointStore,
      events: EventRecorder,
      caller: AgentCommands,
    ) =>
      new OperationRunner({
        journal,
        operations,
        restorePoints,
        events,
        workflows,
        caller,
        orphans: new OrphanStore(journal, quarantineOf(settings)),
        clock: systemClock,
        report: reportTo('operations'),
        failpoint: settings.SNAPFLEET_FAILPOINT === undefined ? undefined : failpointOf(settings.SNAPFLEET_FAILPOINT),
      }),
    inject: [Journal, OperationStore, RestorePointStore, EventRecorder, AgentCommands],
  },
  ...[AcceptCommandUseCase, CancelSnapshotUseCase].map((UseCase) => ({
    provide: UseCase,
    useFactory: (
      journal: Journal,
      operations: OperationStore,
      restorePoints: RestorePointStore,
      events: EventRecorder,
      runner: OperationRunner,
    ) =>
      new UseCase({
        device: settings.SNAPFLEET_DEVICE,
        journal,
        operations,
        restorePoints,
        events,
        runner,
        now,
      }),
    inject: [Journal, OperationStore, RestorePointStore, EventRecorder, OperationRunner],
  })),
  factsProvider,
  {
    provide: RejectCommandUseCase,
    useFactory: (events: EventPublisher) => new RejectCommandUseCase(settings.SNAPFLEET_DEVICE, events),
    inject: [EventPublisher],
  },
  {
    provide: ExamineDeviceUseCase,
    useFactory: (services: AgentCommands, link: NatsLink, orphans: OrphanCheck, restorePoints: RestorePointStore) =>
      new ExamineDeviceUseCase(services, new ConsumerPresence(link), [orphans, new LostSnapshotCheck(restorePoints)]),
    inject: [AgentCommands, NatsLink, OrphanCheck, RestorePointStore],
  },
  recoveryProvider(settings),
  WorkLifetime,
];

/** Wires the orchestrator; nothing is decided here. */
@Module({})
export class AppModule {
  static with(settings: OrchestratorSettings): DynamicModule {
    return {
      module: AppModule,
      imports: [
        MessagingModule.forRoot({
          party: 'orchestrator',
          ...natsConnection(settings),
        }),
      ],
      controllers: [
        CommandsController,
        FactsController,
        ListRestorePointsController,
        ExamineDeviceController,
        ListOrphansController,
        SnapshotBegunController,
      ],
      providers: [...journalProviders(settings), ...orphanProviders(settings), ...workProviders(settings)],
    };
  }
}
