import { headers } from '@nats-io/nats-core';
import { context, propagation, trace, TraceFlags, type TextMapPropagator } from '@opentelemetry/api';
import { afterEach, expect, test } from 'vitest';
import { causedBy, inConsumerSpan, outgoingTrace, readTrace, writeTrace } from './trace-context.js';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
afterEach(() => {
  propagation.disable();
});

test('begins a trace where there is none', () => {
  expect(outgoingTrace().traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
});

test('goes on with the trace and state of the message that is being handled, as a span of its own', () => {
  const outgoing = causedBy({ trace: { traceparent, tracestate: 'vendor=1' } }, outgoingTrace);
  expect(outgoing.traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/);
  expect(outgoing.tracestate).toBe('vendor=1');
});

test('reads what it wrote into headers, and the envelope where there are no headers', () => {
  const header = headers();
  writeTrace(header, { traceparent, tracestate: 'vendor=1' });
  expect(readTrace(header)).toEqual({ traceparent, tracestate: 'vendor=1' });
  expect(readTrace(undefined, { traceparent })).toEqual({ traceparent, tracestate: undefined });
});

test('ignores a trace context that breaks the W3C rule', () => {
  expect(readTrace(undefined, { traceparent: 'x'.repeat(55) })).toBeUndefined();
});

test.each([
  ['a line of its own', 'vendor=1\r\nNats-Msg-Id: x'],
  ['a tab in a value', 'vendor=a\tb'],
  ['no value', 'vendor'],
  ['a key twice', 'vendor=1,vendor=2'],
  ['a key in upper case', 'Vendor=1'],
  ['what is not ASCII', 'vendor=ä'],
  ['only commas', ',,'],
  ['too many members', Array.from({ length: 33 }, (_, n) => `v${String(n)}=1`).join(',')],
])('leaves out a trace state with %s, and keeps the trace', (_what, tracestate) => {
  const trace = readTrace(undefined, { traceparent, tracestate });
  expect(trace).toEqual({ traceparent, tracestate: undefined });
  const outgoing = causedBy({ trace }, outgoingTrace);
  expect(() => {
    writeTrace(headers(), outgoing);
  }).not.toThrow();
});

test('takes a trace state of several vendors, with blanks between them', () => {
  const tracestate = 'congo=t61rcWkgMzE, rojo=00f067aa0ba902b7,, tenant@system=a b';
  expect(readTrace(undefined, { traceparent, tracestate })?.tracestate).toBe(tracestate);
});

test('takes the trace state of the envelope where that of the headers is not valid', () => {
  const header = headers();
  writeTrace(header, { traceparent, tracestate: 'not valid' });
  expect(readTrace(header, { traceparent, tracestate: 'vendor=1' })?.tracestate).toBe('vendor=1');
});

test('leaves the trace to OpenTelemetry where a propagator is set up', async () => {
  const propagator: TextMapPropagator = {
    inject: (active, carrier, setter) => {
      setter.set(carrier, 'traceparent', trace.getSpanContext(active)?.traceId ?? 'from-the-sdk');
    },
    extract: (active) =>
      trace.setSpanContext(active, { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: TraceFlags.SAMPLED }),
    fields: () => ['traceparent'],
  };
  propagation.setGlobalPropagator(propagator);
  expect(outgoingTrace().traceparent).toBe('from-the-sdk');
  await expect(inConsumerSpan('a.b', 'c', { traceparent }, () => Promise.resolve(7))).resolves.toBe(7);
  expect(context.active()).toBeDefined();
});
