import { z } from 'zod';
import type { ErrorCode } from './error-codes.js';

/** Who sends and receives messages. `client` is any other system, the CLI included. */
export const parties = [
  'client',
  'orchestrator',
  'cluster-operator',
  'host-lvm',
  'backup-worker',
  'restore-verifier',
] as const;
export type Party = (typeof parties)[number];

/** The part of the subject that says what a message is: public commands and facts, device-local commands, queries. */
export type Plane = 'cmd' | 'evt' | 'agent' | 'svc';

interface Common<Name extends string, Data extends z.ZodType> {
  readonly name: Name;
  /** Grows when a change is not additive. */
  readonly version: number;
  readonly summary: string;
  readonly from: readonly Party[];
  readonly to: readonly Party[];
  readonly data: Data;
  readonly example: z.input<Data>;
}

/** A public command: asks one owner for something; its outcome is told by the named events. */
export interface CommandDefinition<
  Name extends string = string,
  Data extends z.ZodType = z.ZodType,
  Outcome extends string = string,
> extends Common<Name, Data> {
  readonly kind: 'command';
  readonly plane: 'cmd';
  readonly errors: readonly ErrorCode[];
  /** Events that end the command. */
  readonly outcomes: readonly Outcome[];
}

/** A fact, in the past tense. */
export interface EventDefinition<Name extends string = string, Data extends z.ZodType = z.ZodType> extends Common<
  Name,
  Data
> {
  readonly kind: 'event';
  readonly plane: 'evt';
}

/** A command between the services of one device; its outcome goes to the envelope's `replyto`. */
export interface AgentCommandDefinition<
  Name extends string = string,
  Data extends z.ZodType = z.ZodType,
  Reply extends z.ZodType = z.ZodType,
> extends Common<Name, Data> {
  readonly kind: 'agent-command';
  readonly plane: 'agent';
  readonly errors: readonly ErrorCode[];
  readonly reply: Reply;
}

/** A question about the present, answered at once over NATS request and reply. */
export interface QueryDefinition<
  Name extends string = string,
  Data extends z.ZodType = z.ZodType,
  Reply extends z.ZodType = z.ZodType,
> extends Common<Name, Data> {
  readonly kind: 'query';
  readonly plane: 'svc';
  readonly errors: readonly ErrorCode[];
  readonly reply: Reply;
}

export type MessageDefinition = CommandDefinition | EventDefinition | AgentCommandDefinition | QueryDefinition;

type Without<T> = Omit<T, 'kind' | 'plane' | 'version'>;

/** Defines a public command, version 1. */
export const defineCommand = <const Name extends string, Data extends z.ZodType, const Outcome extends string>(
  definition: Without<CommandDefinition<Name, Data, Outcome>>,
): CommandDefinition<Name, Data, Outcome> => ({ kind: 'command', plane: 'cmd', version: 1, ...definition });

/** Defines an event, version 1. */
export const defineEvent = <const Name extends string, Data extends z.ZodType>(
  definition: Without<EventDefinition<Name, Data>>,
): EventDefinition<Name, Data> => ({ kind: 'event', plane: 'evt', version: 1, ...definition });

/** Defines a device-local command, version 1. */
export const defineAgentCommand = <const Name extends string, Data extends z.ZodType, Reply extends z.ZodType>(
  definition: Without<AgentCommandDefinition<Name, Data, Reply>>,
): AgentCommandDefinition<Name, Data, Reply> => ({ kind: 'agent-command', plane: 'agent', version: 1, ...definition });

/** Defines a query, version 1. */
export const defineQuery = <const Name extends string, Data extends z.ZodType, Reply extends z.ZodType>(
  definition: Without<QueryDefinition<Name, Data, Reply>>,
): QueryDefinition<Name, Data, Reply> => ({ kind: 'query', plane: 'svc', version: 1, ...definition });

/** The data of a message as the receiver sees it. */
export type DataOf<Definition extends { readonly data: z.ZodType }> = z.infer<Definition['data']>;
/** The data of a message as a publisher may write it: what has a default may be left out. */
export type DataInputOf<Definition extends { readonly data: z.ZodType }> = z.input<Definition['data']>;
/** The reply to an agent command or a query. */
export type ReplyOf<Definition extends { readonly reply: z.ZodType }> = z.infer<Definition['reply']>;
