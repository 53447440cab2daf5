import { qualifiedKind, qualifiedPlural, type ResourceType } from './resource-type.js';

/** One reason why an object is not valid. */
export interface InvalidField {
  readonly field: string;
  readonly reason: 'FieldValueRequired' | 'FieldValueInvalid' | 'FieldValueForbidden';
  readonly message: string;
}

/** An answer other than success, as the API server gives it: a Status object. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
    private readonly details?: Readonly<Record<string, unknown>>,
  ) {
    super(message);
  }

  /** The Status object that goes over the wire. */
  toStatus(): object {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

const detailsOf = (type: ResourceType, name: string, kind: string) => ({
  name,
  ...(type.group === '' ? {} : { group: type.group }),
  kind,
});

/** 404 NotFound. */
export function notFound(type: ResourceType, name: string): ApiError {
  const message = `${qualifiedPlural(type)} "${name}" not found`;
  return new ApiError(404, 'NotFound', message, detailsOf(type, name, type.plural));
}

/** 409 AlreadyExists. */
export function alreadyExists(type: ResourceType, name: string): ApiError {
  const message = `${qualifiedPlural(type)} "${name}" already exists`;
  return new ApiError(409, 'AlreadyExists', message, detailsOf(type, name, type.plural));
}

/** 409 Conflict: a precondition does not hold. */
export function conflict(type: ResourceType, name: string, why: string): ApiError {
  const message = `Operation cannot be fulfilled on ${qualifiedPlural(type)} "${name}": ${why}`;
  return new ApiError(409, 'Conflict', message, detailsOf(type, name, type.plural));
}

/** The reason of a conflict where the object has changed since it was read. */
export const objectModified =
  'the object has been modified; please apply your changes to the latest version and try again';

/** 403 Forbidden by a rule of admission. */
export function forbidden(type: ResourceType, name: string, why: string): ApiError {
  const message = `${qualifiedPlural(type)} "${name}" is forbidden: ${why}`;
  return new ApiError(403, 'Forbidden', message, detailsOf(type, name, type.plural));
}

/** 422 Invalid, with each field that is wrong. */
export function invalid(type: ResourceType, name: string, fields: readonly InvalidField[]): ApiError {
  const told = fields.map(({ field, message }) => `${field}: ${message}`);
  const list = told.length === 1 ? (told[0] ?? '') : `[${told.join(', ')}]`;
  return new ApiError(422, 'Invalid', `${qualifiedKind(type)} "${name}" is invalid: ${list}`, {
    ...detailsOf(type, name, type.kind),
    causes: fields,
  });
}

/** A field that may not be changed. */
export function forbiddenField(field: string, message: string): InvalidField {
  return { field, reason: 'FieldValueForbidden', message: `Forbidden: ${message}` };
}

/** A field with a wrong value. */
export function invalidField(field: string, value: unknown, message: string): InvalidField {
  return { field, reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(value)}: ${message}` };
}

/** 400 BadRequest. */
export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

/** 410 Expired: the history does not reach back so far. */
export function expired(requested: number, oldest: number): ApiError {
  return new ApiError(410, 'Expired', `too old resource version: ${String(requested)} (${String(oldest)})`);
}
