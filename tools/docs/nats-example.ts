import type { CommandDefinition, QueryDefinition } from '@snapfleet/contracts';
import { exampleId, exampleInput, exampleSubject } from './example-message.ts';
import { json } from './markdown.ts';

/** Single quotes around the JSON, with the id filled in by the shell so that the example can be pasted twice. */
function body(definition: CommandDefinition | QueryDefinition): string {
  const text = json(exampleInput(definition)).replaceAll("'", "'\\''");
  return `'${text.replace(`"${exampleId(definition)}"`, `"'"$id"'"`)}'`;
}

/** What a user of the `nats` program pastes to publish a command or ask a query. */
export function natsExample(definition: CommandDefinition | QueryDefinition): string {
  const how =
    definition.kind === 'command'
      ? `nats pub --jetstream -H "Nats-Msg-Id:$id" -H 'Content-Type:application/cloudevents+json'`
      : `nats request --raw -H 'Content-Type:application/cloudevents+json'`;
  return [
    'id=$(cat /proc/sys/kernel/random/uuid)',
    `${how} \\`,
    `  ${exampleSubject(definition)} ${body(definition)}`,
  ].join('\n');
}
