import type { DeadLetter } from '@snapfleet/client';
import type { Command } from 'commander';
import { examples } from '../input/examples.js';
import { parseCount } from '../input/parse-arguments.js';
import { properties, table } from '../output/table.js';
import { bytes, moment } from '../output/units.js';
import { visibleLines } from '../output/visible-text.js';
import type { Runtime } from '../runtime.js';
import { inSession, type Session } from '../session.js';

const textOf = (payload: Uint8Array): string => new TextDecoder().decode(payload);

function payloadOf(letter: DeadLetter): unknown {
  if (letter.payload === undefined) return undefined;
  const text = textOf(letter.payload);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const documentOf = (letter: DeadLetter): object => ({
  number: letter.number,
  at: letter.at.toISOString(),
  ...letter.reason,
  payload: payloadOf(letter),
});

async function list({ client, terminal }: Session): Promise<undefined> {
  const letters = await client.deadLetters.list();
  if (terminal.json) terminal.document({ deadLetters: letters.map(documentOf) });
  else if (letters.length === 0) terminal.note('There are no dead letters.');
  else {
    const rows = letters.map(({ number, at, reason }) => [
      String(number),
      moment(at),
      reason.durable,
      reason.subject,
      String(reason.attempts),
      `${reason.errorCode}: ${reason.errorMessage}`.slice(0, 120),
    ]);
    terminal.line(table(['NUMBER', 'AT', 'SERVICE', 'SUBJECT', 'TRIES', 'REASON'], rows));
  }
  return undefined;
}

async function show({ client, library, terminal }: Session, number: number): Promise<undefined> {
  const letter = await client.deadLetters.show(number);
  const { reason } = letter;
  if (terminal.json) {
    terminal.document(documentOf(letter));
    return undefined;
  }
  terminal.line(
    properties([
      ['Number', String(letter.number)],
      ['At', moment(letter.at)],
      ['Service', reason.durable],
      ['Subject', reason.subject],
      ['Stored as', `${reason.stream} ${String(reason.sequence)}`],
      ['Tries', String(reason.attempts)],
      ['Reason', `${reason.errorCode}: ${reason.errorMessage}`],
      ['What to do', library.errorCodes[reason.errorCode].remedy],
    ]),
  );
  const payload = payloadOf(letter);
  if (reason.truncatedFrom !== undefined) {
    terminal.line(`Only the beginning of ${bytes(reason.truncatedFrom)} was kept; it cannot be put back.`);
  }
  const text = payload === undefined ? '(the original is gone from its stream)' : JSON.stringify(payload, null, 2);
  terminal.line(`\n${visibleLines(text).join('\n')}`);
  return undefined;
}

async function putBack({ client, terminal }: Session, number: number): Promise<undefined> {
  const letter = await client.deadLetters.putBack(number);
  if (terminal.json) terminal.document(documentOf(letter));
  else terminal.line(`Dead letter ${String(number)} was given to ${letter.reason.durable} again.`);
  return undefined;
}

/** `snapfleet dead-letters` */
export function addDeadLetters(parent: Command, runtime: Runtime): void {
  const group = parent.command('dead-letters').description('messages that a service of the device gave up on');
  const listCommand = group.command('list').alias('ls').description('all of them, the newest first');
  examples(listCommand, [['snapfleet dead-letters list', 'with the reason of each']]).action(() =>
    inSession(runtime, listCommand, list),
  );
  const showCommand = group
    .command('show')
    .description('one of them, with its content')
    .argument('<number>', 'as the list shows it', parseCount);
  examples(showCommand, [['snapfleet dead-letters show 3 --json | jq .payload', 'the original message']]).action(
    (number: number) => inSession(runtime, showCommand, (session) => show(session, number)),
  );
  const putBackCommand = group
    .command('put-back')
    .description('give it once more to the service that gave up on it, once the reason is gone')
    .argument('<number>', 'as the list shows it', parseCount);
  examples(putBackCommand, [['snapfleet dead-letters put-back 3', 'after the destination is there again']]).action(
    (number: number) => inSession(runtime, putBackCommand, (session) => putBack(session, number)),
  );
}
