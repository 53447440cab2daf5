import { Envelope, errorCodes, ErrorDetail, type ErrorCode, outcomeSchema, SnapfleetError } from '@snapfleet/contracts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { everyMessage, exampleOf } from './every-message.js';

const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true, validateFormats: false });

const check = (schema: z.ZodType, value: unknown): unknown => {
  const validate = ajv.compile(z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' }));
  validate(value);
  return validate.errors;
};

describe.each(everyMessage)('%s', (_title, definition) => {
  test('its example is valid by its JSON Schema, as written and as sent', () => {
    expect(check(definition.data, definition.example)).toBeNull();
    expect(check(definition.data, exampleOf(definition).data)).toBeNull();
    expect(check(Envelope, exampleOf(definition))).toBeNull();
  });

  test('its JSON Schema refuses data that is no object', () => {
    expect(check(definition.data, 'text')).not.toBeNull();
  });
});

test.each(Object.keys(errorCodes) as ErrorCode[])(
  'the error %s travels in replies and comes back as it was',
  (code) => {
    const error = new SnapfleetError(code, 'what happened', { field: 'data.x', rule: 'must be y' });
    const reply: unknown = { ok: false, error: error.toDetail() };
    const outcome = outcomeSchema(z.object({})).parse(reply);
    expect(check(ErrorDetail, error.toDetail())).toBeNull();
    expect(outcome.ok ? undefined : SnapfleetError.fromDetail(outcome.error)).toEqual(error);
  },
);
