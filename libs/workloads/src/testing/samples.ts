import { FencingToken, Namespace, OperationId } from '@snapfleet/contracts';

/** Values that the unit tests share. */
export const operationId = OperationId.parse('5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87');
export const otherOperationId = OperationId.parse('5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a88');
export const fencingToken = FencingToken.parse(7);
export const laterFencingToken = FencingToken.parse(8);
export const namespace = Namespace.parse('shop');
export const never: AbortSignal = new AbortController().signal;
export const now = (): Date => new Date('2026-11-23T12:00:00Z');
