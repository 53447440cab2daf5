import { z } from 'zod';
import { defineEvent } from '../definition.js';
import { OperationId } from '../identifiers.js';
import { ErrorDetail } from '../snapfleet-error.js';
import { example } from './about-restore-point.js';

export const CommandRejected = defineEvent({
  name: 'command.rejected',
  summary: 'A command was refused and changed nothing; `error` names the field and the rule, or the reason.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({ command: z.string().max(128), commandId: z.string().max(128).optional(), error: ErrorDetail }),
  example: {
    command: 'snapshot.create',
    commandId: 'a-1',
    error: {
      code: 'invalid_message',
      message: 'data.namespace: must be a Kubernetes namespace',
      remedy: 'Correct the named field.',
      retryable: false,
      field: 'data.namespace',
      rule: 'must be a Kubernetes namespace',
    },
  },
});

export const CommandCompleted = defineEvent({
  name: 'command.completed',
  summary:
    'A command ended without an event of its own: a key that was used before, or cancelling what had already ended.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({
    command: z.string().max(128),
    commandId: z.string().max(128),
    operationId: OperationId,
    note: z.string().max(1024),
  }),
  example: {
    command: 'snapshot.cancel',
    commandId: 'a-2',
    operationId: example.id,
    note: 'the restore point was ready already',
  },
});
