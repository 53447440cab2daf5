import type { DeviceDoctor, ReplyOf } from '@snapfleet/client';
import type { Command } from 'commander';
import { exitCodes } from '../exit-codes.js';
import { examples } from '../input/examples.js';
import { parseVolume, type Volume } from '../input/parse-arguments.js';
import { addPolicyOptions, policyFrom, type PolicyOptions } from '../input/policy-options.js';
import type { Terminal } from '../output/terminal.js';
import { visible } from '../output/visible-text.js';
import type { Runtime } from '../runtime.js';
import { inSession, type Session } from '../session.js';

type Check = ReplyOf<typeof DeviceDoctor>['checks'][number];

/** The services of the device are asked in turn, some of them twice. */
const answerWithinMs = 60_000;

function showCheck(terminal: Terminal, { check, passed, note, error }: Check): void {
  const mark = passed ? terminal.paint('good', '✓') : terminal.paint('bad', '✗');
  terminal.line(`${mark} ${visible(check)}${note === '' ? '' : `: ${visible(note)}`}`);
  if (error === undefined) return;
  terminal.line(`    ${error.code}: ${visible(error.message)}`);
  terminal.line(`    What to do: ${visible(error.remedy)}`);
}

async function examine(session: Session, volume: Volume | undefined, options: PolicyOptions): Promise<number> {
  const { client, library, terminal } = session;
  const question = { ...volume, policy: policyFrom(options) };
  const { checks } = await client.ask(library.DeviceDoctor, question, { deadlineMs: answerWithinMs });
  const passed = checks.every((check) => check.passed);
  if (terminal.json) terminal.document({ passed, checks });
  else for (const check of checks) showCheck(terminal, check);
  return passed ? exitCodes.ok.code : exitCodes.failed.code;
}

/** `snapfleet doctor` */
export function addDoctor(parent: Command, runtime: Runtime): void {
  const command = parent
    .command('doctor')
    .description('whether the device works and, for a volume, whether a snapshot would be possible')
    .argument('[namespace/claim]', 'the volume, such as shop/orders', parseVolume);
  addPolicyOptions(command);
  examples(command, [
    ['snapfleet doctor', 'the services of the device'],
    ['snapfleet doctor shop/orders --quiesce deployment/orders', 'would this snapshot be possible?'],
  ]).action((volume: Volume | undefined, options: PolicyOptions) =>
    inSession(runtime, command, (session) => examine(session, volume, options)),
  );
}
