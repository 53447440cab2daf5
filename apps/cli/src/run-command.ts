import type { CommandHandle, CommandName, SnapfleetEvent } from '@snapfleet/client';
import { type Command, Option } from 'commander';
import { parseDuration } from './input/parse-arguments.js';
import { describeEvent } from './output/describe-event.js';
import { EventPrinter } from './output/event-printer.js';
import { Interrupted } from './output/report-failure.js';
import { visible } from './output/visible-text.js';
import type { Session } from './session.js';

/** How long a command is waited for. */
export interface WaitOptions {
  readonly wait: boolean;
  readonly deadline: number;
}

const fifteenMinutes = 15 * 60_000;

/** The options of every command that waits for its outcome. */
export function addWaitOptions(command: Command): Command {
  return command
    .option('--no-wait', 'return when the device has stored the command, without its outcome')
    .addOption(
      new Option('--deadline <duration>', 'how long to wait for the outcome, such as 90s or 1h')
        .argParser(parseDuration)
        .default(fifteenMinutes, '15m'),
    );
}

/** What a command with --json prints: one document. */
function documentOf(handle: CommandHandle, outcome: SnapfleetEvent | undefined): object {
  const { command, commandId, operationId, restorePointId } = handle;
  return {
    command,
    commandId,
    operationId,
    restorePointId,
    ...(outcome === undefined ? {} : { outcome: outcome.name, event: outcome.message }),
  };
}

/** The command that shows what becomes of an operation. */
const watching = ({ command, restorePointId }: CommandHandle): string =>
  command === 'orphan.purge' ? 'snapfleet orphans list --scan' : `snapfleet snapshot watch ${restorePointId}`;

/** Says how to go on after Ctrl-C: the operation runs on the device, not here. */
function sayHowToGoOn(session: Session, handle: CommandHandle): void {
  session.terminal.note(`The operation goes on. Watch it: ${watching(handle)}`);
}

/**
 * Shows what a published command causes until it ends.
 * @returns the event that ended it well, or undefined with --no-wait
 */
export async function showUntilEnd<Name extends CommandName, Outcome extends SnapfleetEvent>(
  session: Session,
  handle: CommandHandle<Name>,
  options: WaitOptions,
  awaitEnd: (waiting: {
    deadlineMs: number;
    signal: AbortSignal;
    onEvent: (event: SnapfleetEvent) => void;
  }) => Promise<Outcome>,
): Promise<Outcome | undefined> {
  const { terminal, signal } = session;
  if (!options.wait) {
    if (terminal.json) terminal.document(documentOf(handle, undefined));
    else terminal.line(handle.restorePointId);
    terminal.note(`Accepted. Watch it: ${watching(handle)}`);
    return undefined;
  }
  const printer = new EventPrinter(terminal, (line) => terminal.note(line));
  try {
    const outcome = await awaitEnd({ deadlineMs: options.deadline, signal, onEvent: (event) => printer.show(event) });
    printer.end();
    if (terminal.json) terminal.document(documentOf(handle, outcome));
    return outcome;
  } catch (thrown) {
    if (thrown instanceof Interrupted) sayHowToGoOn(session, handle);
    throw thrown;
  } finally {
    printer.end();
  }
}

/** The last line for people: what came of it. Nothing where --json or --no-wait has said all. */
export function sayOutcome(session: Session, outcome: SnapfleetEvent | undefined, good: string): void {
  if (outcome === undefined || session.terminal.json) return;
  const text = outcome.name === 'command.completed' ? `Nothing to do: ${visible(describeEvent(outcome))}` : good;
  session.terminal.line(session.terminal.paint('good', text));
}
