import { enableCompileCache } from 'node:module';
import { CommanderError } from 'commander';
import { Interrupted } from './output/report-failure.js';
import { createProgram } from './program.js';

enableCompileCache();

const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort(new Interrupted()));
process.once('SIGTERM', () => interrupted.abort(new Interrupted()));
// The reader of a pipe may leave early, as `head` does; that is no failure.
process.stdout.on('error', () => process.exit(0));

const program = createProgram({
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interrupted.signal,
  connect: async (options) => (await import('@snapfleet/client')).connectToDevice(options),
  exit: (code) => {
    process.exitCode = code;
  },
});

try {
  await program.parseAsync(process.argv);
} catch (thrown) {
  if (!(thrown instanceof CommanderError)) throw thrown;
}
