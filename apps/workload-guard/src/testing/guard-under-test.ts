import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeCluster } from '@snapfleet/kubernetes/testing';
import { GuardProcess } from './guard-process.js';
import { VirtualClock } from './virtual-clock.js';

export const minute = 60_000;
export let clock: VirtualClock;
export let cluster: FakeCluster;
export let guard: GuardProcess;
let directory: string;

/** The guard as a process that begins on what is in its file. */
export function startGuard(): void {
  guard = new GuardProcess({ directory, clock, cluster });
}

/** For beforeEach: a guard without any timer. */
export function prepareGuard(): void {
  directory = mkdtempSync(join(tmpdir(), 'snapfleet-guard-'));
  clock = new VirtualClock();
  cluster = new FakeCluster();
  startGuard();
}

/** For afterEach. */
export async function removeGuard(): Promise<void> {
  await guard.stop();
  rmSync(directory, { recursive: true });
}
