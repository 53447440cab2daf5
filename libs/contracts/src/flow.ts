import * as agentCommands from './agent-commands/index.js';
import * as commands from './commands.js';
import type { MessageDefinition, Party } from './definition.js';
import * as events from './events/index.js';
import * as queries from './queries.js';

const isDefinition = (value: unknown): value is MessageDefinition =>
  typeof value === 'object' && value !== null && 'kind' in value && 'plane' in value;

/** The map of the whole flow: every message, with who sends it to whom. Documentation and consumers are made from it. */
export const flow: readonly MessageDefinition[] = [commands, events, agentCommands, queries].flatMap((room) =>
  Object.values(room as Record<string, unknown>).filter(isDefinition),
);

/** The definition of a message, or undefined. Names are unique within a plane. */
export function definitionOf(plane: MessageDefinition['plane'], name: string): MessageDefinition | undefined {
  return flow.find((message) => message.plane === plane && message.name === name);
}

/** What a party receives on a plane. */
export function receivedBy(party: Party, plane: MessageDefinition['plane']): readonly MessageDefinition[] {
  return flow.filter((message) => message.plane === plane && message.to.includes(party));
}
