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
