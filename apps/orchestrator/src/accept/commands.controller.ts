import { Controller } from '@nestjs/common';
import {
  type CommandDefinition,
  type DataOf,
  GroupCreate,
  type MessageOf,
  OrphanPurge,
  SnapfleetError,
  SnapshotBackup,
  SnapshotCancel,
  SnapshotCreate,
  SnapshotDelete,
  SnapshotRestore,
  SnapshotVerify,
} from '@snapfleet/contracts';
import { CommandHandler } from '@snapfleet/messaging';
import { AcceptPurgeUseCase } from '../orphans/accept-purge.use-case.js';
import { AcceptCommandUseCase } from './accept-command.use-case.js';
import { CancelSnapshotUseCase } from './cancel-snapshot.use-case.js';
import { RejectCommandUseCase } from './reject-command.use-case.js';

/** Public commands: accepted into the journal, or refused by `command.rejected`; either way the message is settled. */
@Controller()
export class CommandsController {
  constructor(
    private readonly accept: AcceptCommandUseCase,
    private readonly cancelSnapshot: CancelSnapshotUseCase,
    private readonly acceptPurge: AcceptPurgeUseCase,
    private readonly reject: RejectCommandUseCase,
  ) {}

  @CommandHandler(SnapshotCreate)
  create(message: MessageOf<DataOf<typeof SnapshotCreate>>): Promise<void> {
    return this.settle(SnapshotCreate, message, () => {
      this.accept.create(message);
    });
  }

  @CommandHandler(GroupCreate)
  createGroup(message: MessageOf<DataOf<typeof GroupCreate>>): Promise<void> {
    return this.settle(GroupCreate, message, () => {
      this.accept.createGroup(message);
    });
  }

  @CommandHandler(SnapshotCancel)
  cancel(message: MessageOf<DataOf<typeof SnapshotCancel>>): Promise<void> {
    return this.settle(SnapshotCancel, message, () => {
      this.cancelSnapshot.run(message);
    });
  }

  @CommandHandler(SnapshotBackup)
  backup(message: MessageOf<DataOf<typeof SnapshotBackup>>): Promise<void> {
    return this.settle(SnapshotBackup, message, () => {
      this.accept.backup(message);
    });
  }

  @CommandHandler(SnapshotVerify)
  verify(message: MessageOf<DataOf<typeof SnapshotVerify>>): Promise<void> {
    return this.settle(SnapshotVerify, message, () => {
      this.accept.verify(message);
    });
  }

  @CommandHandler(SnapshotRestore)
  restore(message: MessageOf<DataOf<typeof SnapshotRestore>>): Promise<void> {
    return this.settle(SnapshotRestore, message, () => {
      this.accept.restore(message);
    });
  }

  @CommandHandler(SnapshotDelete)
  delete(message: MessageOf<DataOf<typeof SnapshotDelete>>): Promise<void> {
    return this.settle(SnapshotDelete, message, () => {
      this.accept.delete(message);
    });
  }

  @CommandHandler(OrphanPurge)
  purge(message: MessageOf<DataOf<typeof OrphanPurge>>): Promise<void> {
    return this.settle(OrphanPurge, message, () => {
      this.acceptPurge.run(message);
    });
  }

  private async settle(definition: CommandDefinition, message: MessageOf<unknown>, work: () => void): Promise<void> {
    try {
      work();
    } catch (error) {
      if (!(error instanceof SnapfleetError) || error.retryable) throw error;
      await this.reject.run(
        { command: definition.name, commandId: message.id, traceparent: message.traceparent },
        error,
      );
    }
  }
}
