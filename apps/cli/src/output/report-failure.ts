import type { CommandFailure, SnapfleetError } from '@snapfleet/client';
import { exitCodes } from '../exit-codes.js';
import type { Terminal } from './terminal.js';
import { visible, visibleLines } from './visible-text.js';

/** Ctrl-C. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

const exitOf: Readonly<Partial<Record<string, keyof typeof exitCodes>>> = {
  invalid_message: 'usage',
  wrong_device: 'usage',
  device_unreachable: 'unreachable',
  access_denied: 'unreachable',
  server_not_trusted: 'unreachable',
  deadline_exceeded: 'deadline',
};

const isFailure = (error: SnapfleetError): error is CommandFailure => 'event' in error;

/** Shows an error: what, why, what to do; as one JSON document with --json. @returns the exit code */
export function reportFailure(terminal: Terminal, error: SnapfleetError | Interrupted): number {
  if (error.name === 'Interrupted') return exitCodes.interrupted.code;
  const failure = error;
  if (terminal.json) {
    terminal.document({
      error: failure.toDetail(),
      ...(isFailure(failure) ? { outcome: failure.event.name, event: failure.event.message } : {}),
    });
  } else {
    showText(terminal, failure);
  }
  // What the device says of the operation is a failure of the operation, whatever its code.
  if (isFailure(failure)) return exitCodes.failed.code;
  return exitCodes[exitOf[failure.code] ?? 'failed'].code;
}

function showText(terminal: Terminal, failure: SnapfleetError): void {
  const [first = '', ...more] = visibleLines(failure.message);
  terminal.complain(`${terminal.paint('bad', 'Error')} ${terminal.paint('strong', failure.code)}: ${first}`);
  for (const line of more) terminal.complain(`  ${line}`);
  if (failure.field !== undefined) {
    terminal.complain(
      `  Field: ${visible(failure.field)}${failure.rule === undefined ? '' : ` (${visible(failure.rule)})`}`,
    );
  }
  terminal.complain(`  What to do: ${visible(failure.remedy)}`);
  if (failure.retryable) terminal.complain('  The same request may succeed later.');
}
