import type { Command } from 'commander';

/** Adds examples to the end of a command's help: the line to type, and what it is for. */
export function examples(command: Command, lines: readonly (readonly [string, string])[]): Command {
  const text = lines.map(([line, purpose]) => `  # ${purpose}\n  ${line}`).join('\n');
  return command.addHelpText('after', `\nExamples:\n${text}`);
}
