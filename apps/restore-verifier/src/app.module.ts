import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { AgentCommands, EventPublisher, MessagingModule } from '@snapfleet/messaging';
import { compareManifests, createMovers, type Movers, scanVolume, Scratch } from '@snapfleet/movers';
import { natsConnection, ServiceLog } from '@snapfleet/service-kit';
import type { VerifierSettings } from './config.js';
import { Verification } from './verdict/verification.js';
import { VerificationController } from './verification.controller.js';
import { VerifierLifetime } from './verifier-lifetime.js';
import { VerifyBackup } from './verify-backup/verify-backup.use-case.js';
import { VerifySnapshot } from './verify-snapshot/verify-snapshot.use-case.js';

const warnTo =
  (log: ServiceLog) =>
  (event: string, fields: Record<string, unknown>): void => {
    log.warn(event, fields);
  };

/** Wires the restore verifier; nothing is decided here. */
@Module({})
export class AppModule {
  static with(settings: VerifierSettings): DynamicModule {
    const movers = createMovers(settings, settings.SNAPFLEET_DEVICE);
    const scratch = new Scratch(settings.SNAPFLEET_SCRATCH_DIR, 'verify-');
    return {
      module: AppModule,
      imports: [MessagingModule.forRoot({ party: 'restore-verifier', ...natsConnection(settings) })],
      controllers: [VerificationController],
      providers: [
        ...useCases(movers, scratch, settings.SNAPFLEET_RESTORE_DEADLINE_SECONDS),
        {
          provide: VerifierLifetime,
          inject: [ServiceLog],
          useFactory: (log: ServiceLog) => new VerifierLifetime(movers, scratch, log),
        },
      ],
    };
  }
}

function useCases(movers: Movers, scratch: Scratch, restoreDeadlineSeconds: number): Provider[] {
  const reading = { scratch, scan: scanVolume, compare: compareManifests };
  return [
    {
      provide: Verification,
      inject: [EventPublisher, ServiceLog],
      useFactory: (events: EventPublisher, log: ServiceLog) =>
        new Verification({ events, warn: warnTo(log), nowMs: () => performance.now() }),
    },
    {
      provide: VerifyBackup,
      inject: [Verification],
      useFactory: (verification: Verification) => new VerifyBackup({ ...reading, verification, movers }),
    },
    {
      provide: VerifySnapshot,
      inject: [Verification, AgentCommands, ServiceLog],
      useFactory: (verification: Verification, agent: AgentCommands, log: ServiceLog) =>
        new VerifySnapshot({ ...reading, verification, agent, restoreDeadlineSeconds, warn: warnTo(log) }),
    },
  ];
}
