import type { SnapfleetClient } from '@snapfleet/client';
import type { Command } from 'commander';
import { exitCodes } from './exit-codes.js';
import { reportFailure, Interrupted } from './output/report-failure.js';
import { Terminal } from './output/terminal.js';
import type { Runtime } from './runtime.js';

/** The library and the contracts; they are loaded when a command runs, so that --help and completion start fast. */
export type Library = typeof import('@snapfleet/client');

/** What a command works with. */
export interface Session {
  readonly library: Library;
  readonly client: SnapfleetClient;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

interface GlobalOptions {
  readonly server: string;
  readonly device?: string;
  readonly nkeyFile?: string;
  readonly caFile?: string;
  readonly json?: boolean;
  readonly color?: boolean;
}

function terminalFor(runtime: Runtime, options: GlobalOptions): Terminal {
  const colour = options.color !== false && process.env['NO_COLOR'] === undefined && runtime.stdout.isTTY === true;
  return new Terminal(runtime.stdout, runtime.stderr, options.json === true, colour);
}

async function connect(runtime: Runtime, library: Library, options: GlobalOptions): Promise<SnapfleetClient> {
  if (options.device === undefined) {
    throw new library.SnapfleetError('invalid_message', 'no device is named: use --device NAME or SNAPFLEET_DEVICE', {
      field: 'device',
      rule: 'must be the name of the device',
    });
  }
  const { server, device, nkeyFile, caFile } = options;
  const access = { token: process.env['SNAPFLEET_NATS_TOKEN'], nkeySeedFile: nkeyFile, caFile };
  return runtime.connect({ servers: server, device, ...access, clientName: 'cli' });
}

/**
 * Runs a command with a connection to the device, and ends the program with what it returns or with the exit code of
 * its error. The connection is closed in any case.
 */
export async function inSession(
  runtime: Runtime,
  command: Command,
  run: (session: Session) => Promise<number | undefined>,
): Promise<void> {
  const options = command.optsWithGlobals<GlobalOptions>();
  const terminal = terminalFor(runtime, options);
  const library = await import('@snapfleet/client');
  let client: SnapfleetClient | undefined;
  try {
    client = await connect(runtime, library, options);
    const code = await run({ library, client, terminal, signal: runtime.signal });
    runtime.exit(runtime.signal.aborted ? exitCodes.interrupted.code : (code ?? exitCodes.ok.code));
  } catch (thrown) {
    runtime.exit(reportFailure(terminal, thrown instanceof Interrupted ? thrown : library.SnapfleetError.from(thrown)));
  } finally {
    await client?.close();
  }
}
