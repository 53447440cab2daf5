import { streams } from '@snapfleet/contracts';
import type { DeviceConnection } from './device-connection.js';
import { fromNats } from './nats-failure.js';
import { retryInterrupted } from './retry-interrupted.js';

/** A place in the event stream. One that was lost and made again counts anew, so the place tells which one it is in. */
export interface EventPlace {
  /** The last position that is not wanted. */
  readonly after: number;
  /** When the stream was made. Undefined: whichever is there. */
  readonly streamMadeAt?: string | undefined;
}

/** A place in the stream that is there. */
export interface PlaceInStream extends EventPlace {
  readonly streamMadeAt: string;
}

const requestDeadlineMs = 10_000;

/**
 * The newest place in the event stream of the device.
 * @throws SnapfleetError `device_unreachable` where the stream is not there
 */
export async function newestPlace(connection: DeviceConnection): Promise<PlaceInStream> {
  try {
    return await retryInterrupted(requestDeadlineMs, () => askPlace(connection));
  } catch (thrown) {
    throw fromNats(thrown, `cannot read the events of ${connection.device}`);
  }
}

/** As `newestPlace`, once. @throws what the NATS client throws */
export async function askPlace(connection: DeviceConnection): Promise<PlaceInStream> {
  const manager = await connection.manager();
  const { state, created } = await manager.streams.info(streams.events.name);
  return { after: state.last_seq, streamMadeAt: created };
}
