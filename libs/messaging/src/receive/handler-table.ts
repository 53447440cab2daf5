import type { MessageHandler } from '@nestjs/microservices';
import {
  definitionOf,
  parseSubject,
  receivedBy,
  subjectOfAllDevices,
  type MessageDefinition,
  type Party,
} from '@snapfleet/contracts';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Delivery } from '../delivery.js';

/** A message definition with the method that takes it. */
export interface Route {
  readonly definition: MessageDefinition;
  /** Runs the handler; rejects with exactly what it threw. */
  readonly handle: (message: unknown, delivery: Delivery) => Promise<unknown>;
}

/** The handlers of a service by their messages, checked against the flow of the contracts. */
export class HandlerTable {
  private readonly routes = new Map<string, Route>();

  constructor(private readonly party: Party) {}

  /** @throws Error when the contracts do not send this message to this party, or there is a handler already */
  add(definition: MessageDefinition, handler: MessageHandler): void {
    const pattern = subjectOfAllDevices(definition);
    if (!definition.to.includes(this.party)) {
      throw new Error(`${this.party} has a handler for ${pattern}, which the contracts do not send to it`);
    }
    if (this.routes.has(pattern)) throw new Error(`${this.party} has two handlers for ${pattern}`);
    this.routes.set(pattern, { definition, handle: (message, delivery) => run(handler, message, delivery) });
  }

  /** What takes the messages of this subject, and what the contracts say of it even when nothing takes it. */
  find(subject: string): { readonly route: Route | undefined; readonly definition: MessageDefinition | undefined } {
    const parsed = parseSubject(subject);
    const definition = parsed === undefined ? undefined : definitionOf(parsed.plane, parsed.name);
    return { definition, route: definition && this.routes.get(subjectOfAllDevices(definition)) };
  }

  /** The handlers for one plane. */
  ofPlane(plane: MessageDefinition['plane']): readonly Route[] {
    return [...this.routes.values()].filter((route) => route.definition.plane === plane);
  }

  /** Messages that the contracts send to this party and that nothing takes. */
  missing(): readonly MessageDefinition[] {
    const planes = ['cmd', 'evt', 'agent', 'svc'] as const;
    const expected = planes.flatMap((plane) => receivedBy(this.party, plane));
    return expected.filter((definition) => !this.routes.has(subjectOfAllDevices(definition)));
  }
}

async function run(handler: MessageHandler, message: unknown, delivery: Delivery): Promise<unknown> {
  const result: unknown = await handler(message, delivery);
  return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
}
