import {
  CommandRejected,
  type DeviceId,
  deterministicUuid,
  eventIdFor,
  type SnapfleetError,
} from '@snapfleet/contracts';
import { EventPublisher } from '@snapfleet/messaging';

/** The command that is refused, as far as it could be read. */
export interface RefusedCommand {
  readonly command: string;
  readonly commandId: string | undefined;
  readonly traceparent: string | undefined;
}

/** Publishes `command.rejected`. A refusal changes nothing, so it needs no journal: the message is refused again after a crash. */
export class RejectCommandUseCase {
  constructor(
    private readonly device: DeviceId,
    private readonly events: EventPublisher,
  ) {}

  async run({ command, commandId, traceparent }: RefusedCommand, error: SnapfleetError): Promise<void> {
    const known = commandId === undefined ? {} : { commandId: commandId.slice(0, 128) };
    const id =
      commandId === undefined
        ? crypto.randomUUID()
        : eventIdFor(deterministicUuid(this.device, command, commandId), 'command.rejected');
    const data = { command: command.slice(0, 128), ...known, error: error.toDetail() };
    await this.events.publish(CommandRejected, data, {
      id,
      ...(commandId === undefined ? {} : { causationId: commandId.slice(0, 128) }),
      ...(traceparent === undefined ? {} : { traceparent }),
    });
  }
}
