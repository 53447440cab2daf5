import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultBench } from './fault-bench.js';
import type { Blow, Victim, VictimService } from './fault-list.js';
import { fillDisk } from './fill-disk.js';
import { lose } from './lose.js';
import { strikeReal } from './strike-real.js';
import { takeOver } from './take-over.js';

/** Longer than an agent command waits for its acknowledgement (10 s), so that it is delivered once more meanwhile. */
const pauseMs = 12_000;
const awayMs = 5_000;
const jumpMs = 6 * 3_600_000;

/**
 * Does what a blow is, and has everything run again; an API server that is flaky and a clock that is wrong stay so until
 * `calm`.
 * @returns what somebody did meanwhile and may not do
 */
export async function strike(bench: FaultBench, blow: Blow): Promise<readonly string[]> {
  switch (blow.kind) {
    case 'real-kill':
    case 'power-cut':
      await strikeReal(bench.snapfleet, blow);
      return [];
    case 'kill':
      await killAndStart(bench, blow.victim);
      return [];
    case 'kill-all':
      await killAndStartAll(bench);
      return [];
    case 'pause':
      await pause(bench, blow.victim);
      return [];
    case 'takeover':
      return takeOver(bench);
    case 'full-disk':
      return fillDisk(bench, blow.of);
    case 'clock':
      bench.snapfleet.clock.set(blow.jump === 'forward' ? jumpMs : -jumpMs);
      return [];
    case 'loss':
      await lose(bench, blow.of);
      return [];
    case 'api':
      await disturbApi(bench, blow.behaviour);
      return [];
  }
}

/** The API server answers as it should, and the clock is right. */
export function calm({ snapfleet }: FaultBench): void {
  snapfleet.calm();
}

async function disturbApi(bench: FaultBench, behaviour: 'away' | 'flaky'): Promise<void> {
  bench.snapfleet.api.behave(behaviour === 'flaky' ? { kind: 'flaky', seed: 1 } : { kind: 'away' });
  if (behaviour === 'flaky') return;
  await sleep(awayMs);
  calm(bench);
}

async function pause({ snapfleet }: FaultBench, victim: VictimService): Promise<void> {
  const service = snapfleet.service(victim);
  await service.pause();
  await sleep(pauseMs);
  await service.goOn();
}

/** The device beneath stays, as a cluster does whose API server is on another disk. */
async function killAndStartAll({ snapfleet }: FaultBench): Promise<void> {
  await Promise.all([snapfleet.killServices(), snapfleet.nats.kill9()]);
  await snapfleet.nats.restart();
  await snapfleet.startServices();
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
