import type { AgentCommandDefinition, DataInputOf, ReplyOf } from '@snapfleet/contracts';

/** Calls the other services of the device; the messaging library's AgentCommands is one. */
export interface AgentCaller {
  call<Definition extends AgentCommandDefinition>(
    definition: Definition,
    data: DataInputOf<Definition>,
    context: { readonly deadlineMs: number; readonly signal?: AbortSignal | undefined },
  ): Promise<ReplyOf<Definition>>;
}
