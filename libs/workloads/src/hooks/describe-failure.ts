import type { Hook } from '@snapfleet/contracts';
import type { HookOutcome } from './run-hook.js';

const shownLines = 3;
const longestText = 400;
const longestProgram = 128;
/** Shorter ones are options such as `-c`, and to replace them would spoil the text. */
const shortestSecret = 4;

/** Where a hook ran. */
export interface HookPlace {
  readonly pod: string;
  readonly container: string;
}

/**
 * What is told of a hook that failed: program, Pod, container, and the end of what it said. It goes into logs, events and
 * the journal, so arguments are left out of it, also where the program or the runtime repeats one.
 */
export function describeFailure(hook: Hook, { pod, container }: HookPlace, outcome: HookOutcome | string): string {
  return `${programOf(hook)} in Pod ${pod}, container ${container}: ${endOf(hook, outcome)}`.slice(0, 1024);
}

function endOf(hook: Hook, outcome: HookOutcome | string): string {
  if (typeof outcome === 'string') return outcome;
  switch (outcome.kind) {
    case 'exited':
      return `exit code ${String(outcome.exitCode)}${saying(hook, outcome)}`;
    case 'late':
      return `did not end within ${String(hook.timeoutSeconds)} s, and may still run there${saying(hook, outcome)}`;
    case 'unknown':
      return `could not be run to its end: ${clean(hook, outcome.why)}`;
  }
}

/** The program alone, also where somebody wrote a whole command line as one word. */
const programOf = ({ command }: Hook): string => (command[0]?.split(/\s/)[0] ?? '').slice(0, longestProgram);

function saying(hook: Hook, { stdout, stderr }: { readonly stdout: string; readonly stderr: string }): string {
  const text = clean(hook, stderr.trim() === '' ? stdout : stderr);
  return text === '' ? '' : `: ${text}`;
}

function clean({ command }: Hook, text: string): string {
  const secrets = command.slice(1).filter((word) => word.length >= shortestSecret);
  const without = secrets
    .toSorted((one, other) => other.length - one.length)
    .reduce((rest, word) => rest.replaceAll(word, '…'), text);
  const lines = without
    .split(/[\r\n]+/)
    .map((line) => line.replaceAll(/\p{C}/gu, ' ').trim())
    .filter((line) => line !== '');
  return lines.slice(-shownLines).join(' / ').slice(-longestText);
}
