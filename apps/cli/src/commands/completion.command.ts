import type { Command } from 'commander';
import { examples } from '../input/examples.js';

/** The hidden command that the completion script of a shell calls for suggestions. */
const suggest = 'complete';

/**
 * `snapfleet completion`. The library is loaded for these two commands only; it is given a program of its own, from
 * which it learns all commands and options.
 */
export function addCompletion(parent: Command, freshProgram: () => Command): void {
  const complete = async (words: readonly string[]): Promise<void> => {
    const { default: tab } = await import('@bomb.sh/tab/commander');
    const program = freshProgram();
    tab(program, { completionCommandName: 'completion' });
    await program.parseAsync(words, { from: 'user' });
  };
  const command = parent
    .command('completion')
    .description('print the completion script of a shell')
    .argument('<shell>', 'bash, zsh or fish');
  examples(command, [
    ['source <(snapfleet completion bash)', 'bash, now; in ~/.bashrc for always'],
    ['source <(snapfleet completion zsh)', 'zsh, now; in ~/.zshrc for always'],
    ['snapfleet completion fish > ~/.config/fish/completions/snapfleet.fish', 'fish'],
  ]).action((shell: string) => complete(['completion', shell]));
  parent
    .command(suggest, { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .action((words: string[]) => complete([suggest, '--', ...words]));
}
