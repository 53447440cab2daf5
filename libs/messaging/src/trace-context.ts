import {
  context,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  trace,
  type Context,
} from '@opentelemetry/api';
import type { MsgHdrs } from '@nats-io/nats-core';
import { randomBytes } from 'node:crypto';
import { AsyncLocalStorage } from 'node:async_hooks';

/** W3C trace context (https://www.w3.org/TR/trace-context/): what travels in headers and in the envelope. */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate?: string | undefined;
}

/** What a message that is being handled gives to the messages that the handler causes. */
export interface Causation {
  readonly messageId?: string | undefined;
  readonly workflowId?: string | undefined;
  readonly trace?: TraceContext | undefined;
}

const causations = new AsyncLocalStorage<Causation>();
const mostTraceState = 512;
const mostTraceStateMembers = 32;
const traceStateMember =
  /^([a-z0-9][a-z0-9_\-*/@]{0,255})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const traceparentPattern = /^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/;

/** The message that is being handled, if any. */
export const currentCausation = (): Causation => causations.getStore() ?? {};

/** Does the work as caused by this message. */
export const causedBy = <T>(causation: Causation, work: () => T): T => causations.run(causation, work);

/**
 * The trace context for a message that is about to be sent: from OpenTelemetry where an SDK is set up, else a new span
 * of the trace of the message that is being handled, else a new trace.
 */
export function outgoingTrace(): TraceContext {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  if (carrier['traceparent'] !== undefined) {
    return { traceparent: carrier['traceparent'], tracestate: carrier['tracestate'] };
  }
  const parent = currentCausation().trace;
  const [, traceId, flags] = traceparentPattern.exec(parent?.traceparent ?? '') ?? [];
  const spanId = randomBytes(8).toString('hex');
  if (traceId === undefined) return { traceparent: `00-${randomBytes(16).toString('hex')}-${spanId}-01` };
  return { traceparent: `00-${traceId}-${spanId}-${flags ?? '01'}`, tracestate: parent?.tracestate };
}

/** Writes the trace context into the headers of a message. */
export function writeTrace(headers: MsgHdrs, { traceparent, tracestate }: TraceContext): void {
  headers.set('traceparent', traceparent);
  if (tracestate !== undefined) headers.set('tracestate', tracestate);
}

/** Reads the trace context of a message: the headers first, else what the envelope repeats; what is not valid is left out. */
export function readTrace(
  headers: MsgHdrs | undefined,
  envelope?: { readonly traceparent?: string | undefined; readonly tracestate?: string | undefined },
): TraceContext | undefined {
  const traceparent = headers?.get('traceparent') || envelope?.traceparent;
  if (traceparent === undefined || !traceparentPattern.test(traceparent)) return undefined;
  return { traceparent, tracestate: [headers?.get('tracestate'), envelope?.tracestate].find(isTraceState) };
}

/** W3C trace context, 3.3.1: members `key=value` between commas, each key once; blanks around them are allowed. */
function isTraceState(text: string | undefined): text is string {
  if (text === undefined || text.length > mostTraceState) return false;
  const members = text.split(',').map((member) => member.replaceAll(/^[ \t]+|[ \t]+$/g, ''));
  const keys = members.flatMap((member) => (member === '' ? [] : [traceStateMember.exec(member)?.[1]]));
  if (keys.length === 0 || keys.length > mostTraceStateMembers || keys.includes(undefined)) return false;
  return new Set(keys).size === keys.length;
}

/** Does the work in a consumer span; without an OpenTelemetry SDK that costs nothing and does nothing. */
export function inConsumerSpan<T>(
  destination: string,
  consumer: string,
  incoming: TraceContext | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const parent: Context = incoming === undefined ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, { ...incoming });
  const attributes = {
    'messaging.system': 'nats',
    'messaging.operation.type': 'process',
    'messaging.destination.template': destination,
    'messaging.consumer.group.name': consumer,
  };
  const span = trace
    .getTracer('snapfleet')
    .startSpan(`process ${destination}`, { kind: SpanKind.CONSUMER, attributes }, parent);
  const active = isSpanContextValid(span.spanContext()) ? trace.setSpan(parent, span) : parent;
  return context.with(active, work).finally(() => {
    span.end();
  });
}
