import { waitUntil } from '../support/wait-until.js';
import type { FaultBench } from './fault-bench.js';

const endMs = 15_000;

/**
 * Holds the orchestrator, starts a second one on its journal and lets the first go on: whatever it still believes, it may
 * not act on it.
 * @returns what is wrong with how it ended
 */
export async function takeOver({ snapfleet }: FaultBench): Promise<string[]> {
  const old = snapfleet.service('orchestrator');
  await old.pause();
  const known = old.log.length;
  await snapfleet.startService('orchestrator');
  await old.goOn();
  await waitUntil('the former orchestrator ends', () => old.hasEnded(), { deadlineMs: endMs }).catch(() => undefined);
  const ended = old.hasEnded();
  await old.kill9();
  const since = old.log.slice(known);
  return [
    ...(ended ? [] : [`the former orchestrator still runs after ${String(endMs)} ms`]),
    ...(since.some((line) => line.includes('"journal.taken-over"')) ? [] : ['it does not say why it ends']),
    ...(since.some((line) => line.includes('"operation.advanced"')) ? ['it has carried an operation on'] : []),
  ];
}
