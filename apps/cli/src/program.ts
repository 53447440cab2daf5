import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { addBackup } from './commands/backup.command.js';
import { addCompletion } from './commands/completion.command.js';
import { addDeadLetters } from './commands/dead-letters.command.js';
import { addDoctor } from './commands/doctor.command.js';
import { addEventsFollow } from './commands/events-follow.command.js';
import { addGroupCreate } from './commands/group-create.command.js';
import { addOrphansList } from './commands/orphans-list.command.js';
import { addOrphansPurge } from './commands/orphans-purge.command.js';
import { addRestore } from './commands/restore.command.js';
import { addSnapshotCancel } from './commands/snapshot-cancel.command.js';
import { addSnapshotCreate } from './commands/snapshot-create.command.js';
import { addSnapshotDelete } from './commands/snapshot-delete.command.js';
import { addSnapshotList } from './commands/snapshot-list.command.js';
import { addSnapshotShow } from './commands/snapshot-show.command.js';
import { addSnapshotWatch } from './commands/snapshot-watch.command.js';
import { addVerify } from './commands/verify.command.js';
import { exitCodes } from './exit-codes.js';
import type { Runtime } from './runtime.js';

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

const exitCodeHelp = Object.values(exitCodes)
  .map(({ code, meaning }) => `  ${String(code).padEnd(4)} ${meaning}`)
  .join('\n');

const help = `
Examples:
  # what is needed, and whether it is there
  export SNAPFLEET_NATS_URL=nats://127.0.0.1:4222 SNAPFLEET_DEVICE=edge-1
  snapfleet doctor shop/orders
  # a restore point that is backed up and proven
  snapfleet snapshot create shop/orders --quiesce deployment/orders --mover copy --until proven
  # the data is back
  snapfleet restore 5b0a4c3e --to orders-restored

A server with a token in place of nkeys gets that of SNAPFLEET_NATS_TOKEN: others on this machine can read a command line.

Exit codes:
${exitCodeHelp}`;

function addCommands(program: Command, runtime: Runtime): Command {
  const snapshot = program.command('snapshot').description('make, show and delete restore points');
  for (const add of [addSnapshotCreate, addSnapshotList, addSnapshotShow, addSnapshotWatch]) add(snapshot, runtime);
  for (const add of [addSnapshotDelete, addSnapshotCancel]) add(snapshot, runtime);
  addGroupCreate(program.command('group').description('restore points that belong together'), runtime);
  for (const add of [addBackup, addRestore, addVerify]) add(program, runtime);
  const events = program.command('events').description('what happens on the device');
  addEventsFollow(events, runtime);
  const orphans = program.command('orphans').description('what is left over of snapshots and verifications');
  for (const add of [addOrphansList, addOrphansPurge]) add(orphans, runtime);
  addDeadLetters(program, runtime);
  addDoctor(program, runtime);
  return program;
}

/** Usage errors end with their own code; `--help` and `--version` with 0. Commands that are made later inherit this. */
function withOutput(program: Command, runtime: Runtime): Command {
  return program
    .configureOutput({
      writeOut: (text) => void runtime.stdout.write(text),
      writeErr: (text) => void runtime.stderr.write(text),
    })
    .showHelpAfterError('Add --help for the options and examples.')
    .exitOverride((error) => {
      runtime.exit(error.exitCode === 0 ? exitCodes.ok.code : exitCodes.usage.code);
      throw error;
    });
}

function baseProgram(runtime: Runtime): Command {
  const program = withOutput(new Command('snapfleet'), runtime)
    .description('Proven restore points for the volumes of MicroShift devices.')
    .version(version())
    .addOption(
      new Option('-s, --server <url>', 'NATS server of the device')
        .env('SNAPFLEET_NATS_URL')
        .default('nats://127.0.0.1:4222'),
    )
    .addOption(new Option('-d, --device <name>', 'name of the device').env('SNAPFLEET_DEVICE'))
    .addOption(new Option('--nkey-file <file>', 'seed of your nkey').env('SNAPFLEET_NATS_NKEY_SEED_FILE'))
    .addOption(
      new Option('--ca-file <file>', 'authorities that may sign the certificate of a tls:// server').env(
        'SNAPFLEET_NATS_CA_FILE',
      ),
    )
    .option('--json', 'one JSON document, or one a line, for scripts')
    .option('--no-color', 'without colours; so does NO_COLOR')
    .addHelpText('after', help);
  return addCommands(program, runtime);
}

/** The whole program. */
export function createProgram(runtime: Runtime): Command {
  const program = baseProgram(runtime);
  addCompletion(program, () => baseProgram(runtime));
  return program;
}
