import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { DiskOwner } from '../support/snapfleet-device.js';
import type { FaultBench } from './fault-bench.js';

/** Longer than the orchestrator is held at the point. */
const fullMs = 5_000;
const lookMs = 50;

/** States in which the workload may be away; `cleaning` follows the resume. */
const mayBeAway: ReadonlySet<string> = new Set(['quiescing', 'cutting', 'resuming', 'resume-waiting']);
const OpenOperation = z.object({ phase: z.string() });

/**
 * Takes all space of a file system for some seconds.
 * @returns whether the workload was taken away without the journal knowing it, a service ended or noticed nothing
 */
export async function fillDisk(bench: FaultBench, owner: DiskOwner): Promise<string[]> {
  if (owner === 'orchestrator') return fillJournal(bench);
  const { snapfleet } = bench;
  const disk = snapfleet.disk(owner);
  disk.fill();
  await sleep(fullMs);
  disk.empty();
  if (owner === 'workload-guard') return snapfleet.service(owner).hasEnded() ? [`${owner} has ended`] : [];
  // nats-server gives up its streams on a full disk until it is started again (docs/limitations.md).
  await snapfleet.nats.restart();
  return [];
}

async function fillJournal(bench: FaultBench): Promise<string[]> {
  const { snapfleet } = bench;
  const disk = snapfleet.disk('orchestrator');
  const orchestrator = snapfleet.service('orchestrator');
  const journal = join(disk.directory, 'journal.sqlite');
  freeNothingInside(journal);
  const known = orchestrator.log.length;
  const misdeeds = new Set<string>();
  disk.fill();
  try {
    const end = performance.now() + fullMs;
    while (performance.now() < end) {
      await sleep(lookMs);
      for (const misdeed of await unknownToJournal(bench, journal)) misdeeds.add(misdeed);
    }
  } finally {
    disk.empty();
  }
  if (orchestrator.hasEnded()) misdeeds.add('the orchestrator has ended');
  const noticed = orchestrator.log.slice(known).some((line) => line.includes('disk is full'));
  if (!noticed) misdeeds.add('it was not kept from writing: the fault was none');
  return [...misdeeds];
}

/** What is in the log of the database is moved into it, so that no write finds room in the place of older ones. */
function freeNothingInside(journal: string): void {
  const database = new DatabaseSync(journal);
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } finally {
    database.close();
  }
}

/** While nothing can be written, the journal says what it said before. */
async function unknownToJournal(bench: FaultBench, journal: string): Promise<string[]> {
  if ((await bench.wantedReplicas()) !== 0) return [];
  const database = new DatabaseSync(journal, { readOnly: true });
  try {
    const rows = database.prepare('SELECT state FROM operation WHERE finished = 0').all();
    const phases = rows.map(({ state }) => OpenOperation.parse(JSON.parse(String(state))).phase);
    if (phases.some((phase) => mayBeAway.has(phase))) return [];
    return [`the workload is away, and the journal knows of: ${phases.join(', ')}`];
  } finally {
    database.close();
  }
}
