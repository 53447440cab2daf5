import { Catch, UseFilters, type ExceptionFilter } from '@nestjs/common';
import { Ctx, EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import {
  subjectOfAllDevices,
  type AgentCommandDefinition,
  type CommandDefinition,
  type DataOf,
  type EventDefinition,
  type MessageDefinition,
  type MessageOf,
  type QueryDefinition,
  type ReplyOf,
} from '@snapfleet/contracts';
import { throwError, type Observable } from 'rxjs';
import type { Delivery } from './delivery.js';

/** Only a JetStreamServer takes handlers that are marked for it, beside whatever else the application listens on. */
export const jetStreamTransport = Symbol('snapfleet.jetstream');

/** What a handler's metadata tells the transport. */
export interface HandlerExtras {
  readonly definition: MessageDefinition;
}

/** Nest's own filter would make every error "Internal server error"; the transport needs the error itself. */
@Catch()
class PassErrorsOn implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

type Handles<Definition extends MessageDefinition, Result> = <
  Handler extends (message: MessageOf<DataOf<Definition>>, delivery: Delivery) => Promise<Result>,
>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Handler>,
) => void;

function handles(definition: MessageDefinition) {
  const pattern = definition.plane === 'cmd' || definition.plane === 'evt' ? EventPattern : MessagePattern;
  const extras: HandlerExtras = { definition };
  const register = pattern(subjectOfAllDevices(definition), jetStreamTransport, { ...extras }) as MethodDecorator;
  const passErrorsOn = UseFilters(new PassErrorsOn());
  return <Handler>(target: object, key: string | symbol, descriptor: TypedPropertyDescriptor<Handler>): void => {
    Payload()(target, key, 0);
    Ctx()(target, key, 1);
    register(target, key, descriptor);
    passErrorsOn(target, key, descriptor);
  };
}

/**
 * The method takes a public command. It resolves when the command is durable with its owner; it throws a SnapfleetError
 * to be tried again later (retryable) or to refuse the command.
 */
export const CommandHandler = <Definition extends CommandDefinition>(
  definition: Definition,
): Handles<Definition, void> => handles(definition);

/** The method takes an event. It resolves when its effect is durable; only then is the event acknowledged. */
export const EventHandler = <Definition extends EventDefinition>(definition: Definition): Handles<Definition, void> =>
  handles(definition);

/** The method takes a device-local command; what it returns, or the error that it throws, goes to the caller. */
export const AgentCommandHandler = <Definition extends AgentCommandDefinition>(
  definition: Definition,
): Handles<Definition, ReplyOf<Definition>> => handles(definition);

/** The method answers a query at once. */
export const QueryHandler = <Definition extends QueryDefinition>(
  definition: Definition,
): Handles<Definition, ReplyOf<Definition>> => handles(definition);
