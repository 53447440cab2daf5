import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultBench } from './fault-bench.js';
import type { Blow, Victim } from './fault-list.js';
import { strikeReal } from './strike-real.js';

/** Longer than an agent command waits for its acknowledgement (10 s), so that it is delivered once more meanwhile. */
const pauseMs = 12_000;
const awayMs = 5_000;

/** Does what a blow is, and has everything run again; only an API server that is flaky stays so until `calm`. */
export async function strike(bench: FaultBench, blow: Blow): Promise<void> {
  switch (blow.kind) {
    case 'real-kill':
    case 'power-cut':
      return strikeReal(bench.snapfleet, blow);
    case 'kill':
      return killAndStart(bench, blow.victim);
    case 'pause': {
      const service = bench.snapfleet.service(blow.victim);
      await service.pause();
      await sleep(pauseMs);
      return service.goOn();
    }
    case 'api':
      if (blow.behaviour === 'flaky') {
        bench.snapfleet.api.behave({ kind: 'flaky', seed: 1 });
        return;
      }
      bench.snapfleet.api.behave({ kind: 'away' });
      await sleep(awayMs);
      {
        calm(bench);
        return;
      }
  }
}

/** The API server answers as it should. */
export function calm(bench: FaultBench): void {
  if (bench.snapfleet.hasFaultyApi) bench.snapfleet.api.behave({ kind: 'well' });
}

async function killAndStart({ snapfleet }: FaultBench, victim: Victim): Promise<void> {
  if (victim === 'nats-server') {
    await snapfleet.nats.kill9();
    await snapfleet.nats.restart();
    return;
  }
  await snapfleet.service(victim).kill9();
  await snapfleet.startService(victim);
}
