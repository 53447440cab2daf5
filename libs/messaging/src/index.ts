export { NatsLink } from './connection/nats-link.js';
export { DeadLetters, type DeadLetter } from './dead-letter/dead-letters.js';
export type { Delivery } from './delivery.js';
export { AgentCommandHandler, CommandHandler, EventHandler, QueryHandler } from './handler.decorators.js';
export { JetStreamServer, type TransportHealth } from './jetstream-server.js';
export type { MessagingLog } from './messaging-log.js';
export type { ConnectionOptions, MessagingOptions } from './messaging-options.js';
export { MessagingModule } from './messaging.module.js';
export { AgentCommands, type CallContext } from './publish/agent-commands.js';
export { EventPublisher, type PublishContext } from './publish/event-publisher.js';
export type { JetStreamServerOptions, MessageLogContext, OnRejected } from './receive/server-options.js';
export {
  applyTopology,
  redeclareLost,
  type AppliedConsumer,
  type ConsumerAdjustments,
} from './topology/apply-topology.js';
