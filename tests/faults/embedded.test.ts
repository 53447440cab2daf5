import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startOnEmbeddedDevice } from '../support/on-embedded-device.js';
import { describeDeadManTimer } from './dead-man-timer-suite.js';
import { FaultBench } from './fault-bench.js';
import { type Fault, nameOfFault } from './fault-list.js';
import { problemsOf } from './fault-table.js';
import { tryFault } from './try-fault.js';

/** A short choice of what `npm run faults` tries: each victim, where its end hurts most. */
const chosen: readonly Fault[] = [
  { kind: 'step', victim: 'orchestrator', phase: 'quiescing', moment: 'after' },
  { kind: 'step', victim: 'orchestrator', phase: 'cutting', moment: 'after' },
  { kind: 'step', victim: 'orchestrator', phase: 'resuming', moment: 'before' },
  { kind: 'step', victim: 'orchestrator', phase: 'cleaning', moment: 'after' },
  { kind: 'step', victim: 'cluster-operator', phase: 'quiescing', moment: 'before' },
  { kind: 'step', victim: 'cluster-operator', phase: 'resuming', moment: 'before' },
  { kind: 'step', victim: 'workload-guard', phase: 'quiescing', moment: 'before' },
  { kind: 'step', victim: 'cluster-operator', phase: 'cutting', moment: 'after', level: 'hooks' },
  { kind: 'step', victim: 'nats-server', phase: 'quiescing', moment: 'before' },
  { kind: 'step', victim: 'nats-server', phase: 'cutting', moment: 'after' },
  { kind: 'event', victim: 'backup-worker', event: 'backup.started' },
  { kind: 'event', victim: 'restore-verifier', event: 'snapshot.ready' },
];

describe('injected faults on the embedded device', () => {
  let bench: FaultBench;

  beforeAll(async () => {
    bench = await FaultBench.on(await startOnEmbeddedDevice());
  });

  afterAll(() => bench.stop());

  test.each(chosen.map((fault) => [nameOfFault(fault), fault] as const))(
    '%s: the operation ends as it has to, the workload is back, nothing is lost or left',
    async (_name, fault) => {
      const verdict = await tryFault(bench, fault);
      expect(problemsOf(verdict), bench.snapfleet.lastLogLines()).toEqual([]);
    },
  );

  describe('the dead-man timer', () => {
    describeDeadManTimer(() => bench);
  });
});
