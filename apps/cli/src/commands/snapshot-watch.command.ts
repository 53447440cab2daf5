import type { EventStart, RestorePoint, SnapfleetEvent } from '@snapfleet/client';
import type { Command } from 'commander';
import { exitCodes } from '../exit-codes.js';
import { examples } from '../input/examples.js';
import { findRestorePoint } from '../input/find-restore-point.js';
import { EventPrinter } from '../output/event-printer.js';
import type { Runtime } from '../runtime.js';
import { inSession, type Session } from '../session.js';

/** Where the events of a restore point begin: with its request; at the start where the device cannot tell now. */
async function startOf(session: Session, restorePointId: string): Promise<EventStart> {
  try {
    const { restorePoint } = await session.client.ask(session.library.SnapshotShow, { restorePointId });
    return beforeRequest(restorePoint);
  } catch (thrown) {
    const { code } = session.library.SnapfleetError.from(thrown);
    if (code === 'snapshot_not_found' || code === 'device_unreachable') return { after: 0 };
    throw thrown;
  }
}

const beforeRequest = (point: RestorePoint): Date => new Date(new Date(point.requestedAt).getTime() - 1000);

/** The exit code when this event is the last of the making of a restore point. */
function endOf(event: SnapfleetEvent): number | undefined {
  if (event.name === 'snapshot.deleted') return exitCodes.ok.code;
  if (event.name === 'snapshot.failed') return exitCodes.failed.code;
  if (event.name !== 'snapshot.completed') return undefined;
  return event.data.outcome === 'proven' ? exitCodes.ok.code : exitCodes.incomplete.code;
}

async function watch(session: Session, text: string): Promise<number> {
  const { client, terminal, signal } = session;
  const restorePointId = await findRestorePoint(session, text);
  const from = await startOf(session, restorePointId);
  const printer = new EventPrinter(terminal, (line) => terminal.line(line));
  try {
    for await (const event of client.events({ from, filter: { restorePointId }, signal })) {
      if (terminal.json) terminal.jsonLine(event.message);
      else printer.show(event);
      const code = endOf(event);
      if (code !== undefined) return code;
    }
  } finally {
    printer.end();
  }
  return exitCodes.interrupted.code;
}

/** `snapfleet snapshot watch` */
export function addSnapshotWatch(parent: Command, runtime: Runtime): void {
  const command = parent
    .command('watch')
    .description('the events of a restore point from its request on, until it is completed, failed or deleted')
    .argument('<id>', 'the restore point, or at least 4 characters of its beginning');
  examples(command, [
    ['snapfleet snapshot watch 5b0a4c3e', 'for people'],
    ['snapfleet snapshot watch 5b0a4c3e --json | jq -r .type', 'one CloudEvent a line'],
  ]).action((id: string) => inSession(runtime, command, (session) => watch(session, id)));
}
