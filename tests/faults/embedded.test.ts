import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startOnEmbeddedDevice } from '../support/on-embedded-device.js';
import { describeDeadManTimer } from './dead-man-timer-suite.js';
import { deviceForFaults, FaultBench } from './fault-bench.js';
import { apiIs, atEvent, atStep, type Fault, kill, loss, nameOfFault, pause, takeover } from './fault-list.js';
import { problemsOf } from './fault-table.js';
import { describeReplayedFacts } from './replayed-facts-suite.js';
import { tryFault } from './try-fault.js';

/** A short choice of what `npm run faults` tries: each victim, where its end hurts most. */
const chosen: readonly Fault[] = [
  { blow: takeover, at: atStep('cleaning', 'after') },
  { blow: kill('cluster-operator'), at: atStep('cutting', 'after', 'hooks') },
  { blow: loss('the event stream'), at: atStep('cutting', 'after') },
  { blow: loss('the consumer of cluster-operator'), at: atStep('resuming', 'before') },
  { blow: kill('backup-worker'), at: atEvent('backup.started') },
  { blow: pause('cluster-operator'), at: atStep('resuming', 'before') },
  { blow: apiIs('away'), at: atStep('resuming', 'before') },
  { blow: apiIs('flaky'), at: atStep('quiescing', 'before') },
];

describe('injected faults on the embedded device', () => {
  let bench: FaultBench;

  beforeAll(async () => {
    bench = await FaultBench.on(await startOnEmbeddedDevice(deviceForFaults));
  });

  afterAll(() => bench.stop());

  test.each(chosen.map((fault) => [nameOfFault(fault), fault] as const))(
    '%s: the operation ends as it has to, the workload is back, nothing is lost or left',
    async (_name, fault) => {
      const verdict = await tryFault(bench, fault);
      expect(problemsOf(verdict), bench.snapfleet.lastLogLines()).toEqual([]);
    },
  );

  describe('facts of a deleted restore point', () => {
    describeReplayedFacts(() => bench);
  });

  describe('the dead-man timer', () => {
    describeDeadManTimer(() => bench);
  });
});
