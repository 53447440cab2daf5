import { deterministicUuid, farthestTokenAhead, OperationId } from '@snapfleet/contracts';
import { beforeEach, expect, test } from 'vitest';
import { Journal } from './journal.js';
import { OperationStore } from './operation.store.js';

const operationId = OperationId.parse(deterministicUuid('operation'));
let operations: OperationStore;

beforeEach(() => {
  operations = new OperationStore(new Journal(':memory:'));
});

test('tokens grow by one, and from what was found in the cluster', () => {
  expect(operations.giveFencingToken(operationId)).toBe(1);
  expect(operations.giveFencingToken(operationId, 40)).toBe(41);
  expect(operations.giveFencingToken(operationId, 7)).toBe(42);
});

test('what is found is believed as far as this device can have counted since its journal was written, and no farther', () => {
  expect(operations.giveFencingToken(operationId, farthestTokenAhead + 1)).toBe(1);
  expect(operations.giveFencingToken(operationId, farthestTokenAhead + 1)).toBe(farthestTokenAhead + 2);
  expect(operations.giveFencingToken(operationId, Number.MAX_SAFE_INTEGER)).toBe(farthestTokenAhead + 3);
});
