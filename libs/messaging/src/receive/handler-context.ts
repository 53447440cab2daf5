import type { MsgHdrs } from '@nats-io/nats-core';
import { subjectOfAllDevices, type MessageDefinition, type MessageOf, type Party } from '@snapfleet/contracts';
import { causedBy, inConsumerSpan, readTrace } from '../trace-context.js';
import type { JetStreamServerOptions } from './server-options.js';

/** Runs a handler so that its log lines, its traces and the messages that it causes tell which message it works on. */
export function inMessageContext<T>(
  options: Pick<JetStreamServerOptions, 'runInContext'> & { readonly party: Party },
  about: { definition: MessageDefinition; message: MessageOf<unknown>; headers: MsgHdrs | undefined; attempt: number },
  work: () => Promise<T>,
): Promise<T> {
  const { definition, message, attempt } = about;
  const trace = readTrace(about.headers, message);
  const causation = { messageId: message.id, workflowId: message.workflowid, trace };
  const context = {
    correlationId: message.workflowid ?? message.id,
    messageId: message.id,
    message: definition.name,
    attempt,
  };
  const traced = (): Promise<T> =>
    causedBy(causation, () => inConsumerSpan(subjectOfAllDevices(definition), options.party, trace, work));
  return options.runInContext === undefined ? traced() : options.runInContext(context, traced);
}
