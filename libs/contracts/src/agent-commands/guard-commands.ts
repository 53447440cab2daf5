import { z } from 'zod';
import { defineAgentCommand } from '../definition.js';

export const GuardReport = defineAgentCommand({
  name: 'guard.report',
  summary: 'Whether the workload guard answers, and what it watches over.',
  from: ['orchestrator'],
  to: ['cluster-operator'],
  data: z.object({}),
  reply: z.object({
    armed: z
      .number()
      .int()
      .nonnegative()
      .describe('workloads that are away, or held by hooks, and have a dead-man timer'),
    firing: z
      .number()
      .int()
      .nonnegative()
      .describe('workloads whose time is over and that are being brought back or let go on'),
  }),
  errors: ['guard_unavailable'],
  example: {},
});
