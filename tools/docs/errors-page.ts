import { errorCodes, flow, type ErrorCodeFacts } from '@snapfleet/contracts';
import { anchor, page } from './markdown.ts';

function section(name: string, { meaning, remedy, retryable }: ErrorCodeFacts): string[] {
  const named = flow.filter((message) => 'errors' in message && (message.errors as readonly string[]).includes(name));
  const links = named.map((message) => {
    const heading = `${message.name}${message.kind === 'agent-command' ? ' (agent)' : ''}`;
    return `[${message.name}](messages.md#${anchor(heading)})`;
  });
  return [
    `## ${name}`,
    meaning,
    `What to do: ${remedy}`,
    retryable ? 'The same request may succeed later.' : 'The same request fails again until something is changed.',
    ...(links.length === 0 ? [] : [`Messages that name it: ${links.join(', ')}.`]),
  ];
}

/** The reference of error codes. */
export function errorsPage(): string {
  return page('Errors', [
    'Every error that crosses a process boundary has one of these codes. Codes are stable: decide by them, never by the text. An error ' +
      'travels as `{code, message, remedy, retryable, field?, rule?}`.',
    ...Object.entries(errorCodes).flatMap(([name, facts]) => section(name, facts)),
  ]);
}
