import { type DynamicModule, Module } from '@nestjs/common';
import { AgentCommands, EventPublisher, MessagingModule } from '@snapfleet/messaging';
import { createMovers, scanVolume, Scratch } from '@snapfleet/movers';
import { natsConnection, ServiceLog } from '@snapfleet/service-kit';
import { BackUpRestorePoint } from './back-up/back-up-restore-point.use-case.js';
import { BackupController } from './backup.controller.js';
import type { WorkerSettings } from './config.js';
import { RemoveBackup } from './remove/remove-backup.use-case.js';
import { WorkerLifetime } from './worker-lifetime.js';

/** Wires the backup worker; nothing is decided here. */
@Module({})
export class AppModule {
  static with(settings: WorkerSettings): DynamicModule {
    const movers = createMovers(settings, settings.SNAPFLEET_DEVICE);
    const scratch = new Scratch(settings.SNAPFLEET_SCRATCH_DIR, 'backup-');
    return {
      module: AppModule,
      imports: [MessagingModule.forRoot({ party: 'backup-worker', ...natsConnection(settings) })],
      controllers: [BackupController],
      providers: [
        { provide: RemoveBackup, useFactory: () => new RemoveBackup(movers) },
        {
          provide: BackUpRestorePoint,
          inject: [AgentCommands, EventPublisher, ServiceLog],
          useFactory: (agent: AgentCommands, events: EventPublisher, log: ServiceLog) =>
            new BackUpRestorePoint({
              movers,
              agent,
              events,
              scratch,
              scan: scanVolume,
              warn: (event, fields) => {
                log.warn(event, fields);
              },
              nowMs: () => performance.now(),
            }),
        },
        {
          provide: WorkerLifetime,
          inject: [ServiceLog],
          useFactory: (log: ServiceLog) =>
            new WorkerLifetime(movers, scratch, settings.SNAPFLEET_MAINTENANCE_HOURS, log),
        },
      ],
    };
  }
}
