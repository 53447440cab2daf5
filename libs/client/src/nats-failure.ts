import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { errors } from '@nats-io/nats-core';
import { SnapfleetError } from '@snapfleet/contracts';

const isOneOf = (thrown: unknown, kinds: readonly (abstract new (...given: never[]) => Error)[]): boolean =>
  kinds.some((kind) => thrown instanceof kind);

/** The innermost cause that NATS gives: it wraps what it means, such as "no responders", in a RequestError. */
function rootOf(thrown: unknown): unknown {
  return thrown instanceof errors.RequestError && thrown.cause !== undefined ? thrown.cause : thrown;
}

const unreachable = [
  errors.RequestError,
  errors.NoRespondersError,
  errors.TimeoutError,
  errors.ConnectionError,
  errors.ClosedConnectionError,
  errors.DrainingConnectionError,
];
const denied = [errors.AuthorizationError, errors.PermissionViolationError, errors.UserAuthenticationExpiredError];

/** Whether an answer did not come in time; what was asked for may have happened. */
export function isTimeout(thrown: unknown): boolean {
  return rootOf(thrown) instanceof errors.TimeoutError;
}

/** Whether the connection broke while an answer was awaited; what was asked for may have happened. */
export function isDisconnection(thrown: unknown): boolean {
  return rootOf(thrown) instanceof errors.RequestError;
}

/** Whether the stream is not there; what `fromNats` has made of it too. */
export function isMissingStream(thrown: unknown): boolean {
  const cause = rootOf(thrown instanceof SnapfleetError ? thrown.cause : thrown);
  return cause instanceof JetStreamApiError && cause.code === JetStreamApiCodes.StreamNotFound;
}

/** Any failure of the NATS client as an error of this product; `doing` says what was tried, for people. */
export function fromNats(thrown: unknown, doing: string): SnapfleetError {
  if (thrown instanceof SnapfleetError) return thrown;
  const cause = rootOf(thrown);
  const text = cause instanceof Error ? cause.message || cause.name : String(cause);
  const message = `${doing}: ${text}`;
  if (isOneOf(cause, denied)) return new SnapfleetError('access_denied', message, { cause: thrown });
  if (isOneOf(cause, unreachable)) return new SnapfleetError('device_unreachable', message, { cause: thrown });
  if (isMissingStream(thrown)) {
    return new SnapfleetError('device_unreachable', `${message}; no Snapfleet service has run there`, {
      cause: thrown,
    });
  }
  if (cause instanceof JetStreamApiError && cause.status === 503) {
    return new SnapfleetError('device_unreachable', message, { cause: thrown });
  }
  return new SnapfleetError('internal', message, { cause: thrown });
}
