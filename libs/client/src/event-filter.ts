import { definitionOf, type DeviceId, subjectFor, SnapfleetError } from '@snapfleet/contracts';
import type { EventName, SnapfleetEvent } from './message-types.js';

/** Which events are wanted; all conditions must hold. */
export interface EventFilter<Name extends EventName = EventName> {
  /** Default: every event. */
  readonly names?: readonly Name[];
  readonly restorePointId?: string;
  readonly operationId?: string;
  readonly namespace?: string;
  readonly persistentVolumeClaim?: string;
}

/**
 * One filter for the server that lets all these subjects pass. A client's permission names the filter, and the name of a
 * consumer stands beside it in the request only where there is one; so what is not wanted is left out here.
 */
export function serverFilterOf(device: DeviceId, subjects: readonly string[]): string {
  const [only, ...others] = subjects;
  return only !== undefined && others.length === 0 ? only : subjectFor({ plane: 'evt', name: '>' }, device);
}

/** The NATS subjects of the events that a filter names. */
export function subjectsOf(device: DeviceId, names: readonly string[] | undefined): string[] {
  if (names === undefined || names.length === 0) return [subjectFor({ plane: 'evt', name: '>' }, device)];
  return [...new Set(names)].map((name) => {
    const definition = definitionOf('evt', name);
    if (definition !== undefined) return subjectFor(definition, device);
    throw new SnapfleetError('invalid_message', `"${name}" is not the name of an event`, {
      field: 'names',
      rule: 'must be events of the message reference',
    });
  });
}

interface Identified {
  readonly restorePointId?: string;
  readonly namespace?: string;
  readonly persistentVolumeClaim?: string;
  readonly ready?: Identified;
  readonly backup?: Identified;
}

/** What an event is about; requests of the orchestrator carry it one level down. */
export function aboutOf(event: SnapfleetEvent): Identified {
  const data: Identified = event.data as Identified;
  return data.restorePointId === undefined ? (data.ready ?? data.backup ?? data) : data;
}

/** Whether an event fulfils the conditions. */
export function isWanted(event: SnapfleetEvent, filter: EventFilter): boolean {
  if (filter.names !== undefined && filter.names.length > 0 && !filter.names.includes(event.name)) return false;
  const about = aboutOf(event);
  const conditions: readonly (readonly [string | undefined, string | undefined])[] = [
    [filter.operationId, event.message.workflowid],
    [filter.restorePointId, about.restorePointId],
    [filter.namespace, about.namespace],
    [filter.persistentVolumeClaim, about.persistentVolumeClaim],
  ];
  return conditions.every(([wanted, actual]) => wanted === undefined || wanted === actual);
}
