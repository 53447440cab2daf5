import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { ApiError, badRequest } from '../store/api-error.js';

const Operation = z.discriminatedUnion('op', [
  z.object({ op: z.literal('add'), path: z.string(), value: z.unknown() }),
  z.object({ op: z.literal('replace'), path: z.string(), value: z.unknown() }),
  z.object({ op: z.literal('test'), path: z.string(), value: z.unknown() }),
  z.object({ op: z.literal('remove'), path: z.string() }),
  z.object({ op: z.literal('move'), path: z.string(), from: z.string() }),
  z.object({ op: z.literal('copy'), path: z.string(), from: z.string() }),
]);
type Operation = z.infer<typeof Operation>;
type Container = Record<string, unknown> | unknown[];

const steps = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));

function refuse(pointer: string): never {
  throw new ApiError(
    422,
    'Invalid',
    `the server rejected our request due to an error in our request: no such path ${pointer}`,
  );
}

function child(container: unknown, step: string): unknown {
  if (Array.isArray(container)) return container[Number(step)] as unknown;
  return typeof container === 'object' && container !== null ? (container as Record<string, unknown>)[step] : undefined;
}

function parentOf(document: unknown, pointer: string): { parent: Container; last: string } {
  const path = steps(pointer);
  const last = path.pop();
  const parent = path.reduce<unknown>(child, document);
  if (last === undefined || typeof parent !== 'object' || parent === null) return refuse(pointer);
  return { parent: parent as Container, last };
}

function valueAt(document: unknown, pointer: string): unknown {
  return steps(pointer).reduce<unknown>(child, document);
}

function add(document: unknown, pointer: string, value: unknown): void {
  const { parent, last } = parentOf(document, pointer);
  if (!Array.isArray(parent)) parent[last] = value;
  else parent.splice(last === '-' ? parent.length : Number(last), 0, value);
}

function remove(document: unknown, pointer: string): void {
  const { parent, last } = parentOf(document, pointer);
  if (child(parent, last) === undefined) refuse(pointer);
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else Reflect.deleteProperty(parent, last);
}

function replace(document: unknown, pointer: string, value: unknown): void {
  const { parent, last } = parentOf(document, pointer);
  if (Array.isArray(parent)) parent[Number(last)] = value;
  else parent[last] = value;
}

function apply(document: unknown, operation: Operation): void {
  switch (operation.op) {
    case 'add':
      add(document, operation.path, operation.value);
      return;
    case 'replace':
      replace(document, operation.path, operation.value);
      return;
    case 'remove':
      remove(document, operation.path);
      return;
    case 'test':
      if (!isDeepStrictEqual(valueAt(document, operation.path), operation.value)) {
        const message = 'the server rejected our request due to an error in our request';
        throw new ApiError(422, 'Invalid', `${message}: test of ${operation.path} failed`);
      }
      return;
    case 'move':
    case 'copy': {
      const value = structuredClone(valueAt(document, operation.from));
      if (operation.op === 'move') remove(document, operation.from);
      add(document, operation.path, value);
    }
  }
}

/** A JSON patch (RFC 6902). @throws ApiError 400 for what is none, 422 where it cannot be applied */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  const operations = z.array(Operation).safeParse(patch);
  if (!operations.success) throw badRequest(`error decoding patch: ${z.prettifyError(operations.error)}`);
  const document = structuredClone(target);
  for (const operation of operations.data) apply(document, operation);
  return document;
}
