import type { DurableStart, EventFilter, EventName, EventStart } from '@snapfleet/client';
import type { Command } from 'commander';
import { exitCodes } from '../exit-codes.js';
import { examples } from '../input/examples.js';
import { gather, parseCount, parseStart, parseVolume, type Volume } from '../input/parse-arguments.js';
import { findRestorePoint } from '../input/find-restore-point.js';
import { EventPrinter, lineOf } from '../output/event-printer.js';
import { visible } from '../output/visible-text.js';
import type { Runtime } from '../runtime.js';
import { inSession, type Session } from '../session.js';

interface Options {
  readonly from: 'now' | Date;
  readonly durable?: string;
  readonly name?: string[];
  readonly volume?: Volume;
  readonly restorePoint?: string;
  readonly count?: number;
}

async function filterFrom(session: Session, options: Options): Promise<EventFilter> {
  return {
    ...(options.name === undefined ? {} : { names: options.name as EventName[] }),
    ...options.volume,
    ...(options.restorePoint === undefined
      ? {}
      : { restorePointId: await findRestorePoint(session, options.restorePoint) }),
  };
}

const startFrom = (options: Options): EventStart | DurableStart =>
  options.durable === undefined ? options.from : { durable: options.durable, start: options.from };

async function follow(session: Session, options: Options): Promise<number> {
  const { client, terminal, signal } = session;
  const events = client.events({
    from: startFrom(options),
    filter: await filterFrom(session, options),
    signal,
    onUnreadable: (error, subject) => terminal.complain(`${visible(subject)}: ${visible(error.message)}`),
  });
  const printer = new EventPrinter(terminal, (line) => terminal.line(line));
  let left = options.count ?? Infinity;
  try {
    for await (const event of events) {
      // A count of n takes n events; the loop asks once more, so that the last one is acknowledged too.
      if (terminal.json) terminal.jsonLine(event.message);
      else if (event.name === 'backup.progress') printer.show(event);
      else terminal.line(`${lineOf(terminal, event)}${aboutText(event.message.subject)}`);
      left -= 1;
      if (left === 0) await events.close();
    }
  } finally {
    printer.end();
  }
  return left === 0 ? exitCodes.ok.code : exitCodes.interrupted.code;
}

const aboutText = (subject: string | undefined): string => (subject === undefined ? '' : `  ${visible(subject)}`);

/** `snapfleet events follow` */
export function addEventsFollow(parent: Command, runtime: Runtime): void {
  const command = parent
    .command('follow')
    .description('show events as they come, until Ctrl-C')
    .option('--from <start>', 'now, an age such as 2h, or a time such as 2026-11-23T10:00:00Z', parseStart, 'now')
    .option('--durable <name>', 'let the device keep the place under this name between runs')
    .option('--name <event>', 'only events of this name, such as snapshot.ready; repeat for more', gather)
    .option('--volume <namespace/claim>', 'only events about this volume', parseVolume)
    .option('--restore-point <id>', 'only events about this restore point')
    .option('-n, --count <number>', 'end after so many events', parseCount);
  examples(command, [
    ['snapfleet events follow --from 1h', 'the last hour, and on'],
    ['snapfleet events follow --name backup.failed,restore.failed', 'bad news only'],
    [
      'snapfleet events follow --durable audit --json >> audit.jsonl',
      'nothing lost between runs, one CloudEvent a line',
    ],
  ]).action((options: Options) => inSession(runtime, command, (session) => follow(session, options)));
}
