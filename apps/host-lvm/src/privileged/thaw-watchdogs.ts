import { SnapfleetError } from '@snapfleet/contracts';
import { ProgramError, type RunningProgram } from '@snapfleet/process';
import { fileURLToPath } from 'node:url';
import type { FreezeEnd, Watchdog, Watchdogs } from '../writers/freeze-ports.js';
import type { PodCgroup } from './pod-cgroups.js';
import type { PrivilegedPrograms } from './privileged-programs.js';

const script = fileURLToPath(new URL('../writers/thaw-watchdog.js', import.meta.url));
/** To start Node.js on a slow device; the time of the freeze itself begins after that. */
const startMs = 10_000;
const releaseMs = 2_000;

/** Starts a watchdog for each freeze. */
export class ThawWatchdogs implements Watchdogs {
  constructor(private readonly programs: PrivilegedPrograms) {}

  async start(cgroups: readonly PodCgroup[], maximumMs: number): Promise<Watchdog> {
    const said = Promise.withResolvers<string>();
    const last = { line: 'lost it ended without a word' };
    const directories = cgroups.map(({ directory }) => directory);
    const program = await this.#run(['--no-warnings', script, String(maximumMs), ...directories], (line) => {
      if (line !== 'frozen') last.line = line;
      said.resolve(line);
    });
    const ended = program.ended.then(() => endOf(last.line));
    void ended.then((end) => {
      said.reject(new SnapfleetError('freeze_failed', end.held ? 'the watchdog ended' : end.reason));
    });
    const timer = setTimeout(() => {
      said.reject(new SnapfleetError('freeze_failed', `not every process was stopped within ${String(maximumMs)} ms`));
    }, startMs + maximumMs);
    try {
      const line = await said.promise;
      if (line !== 'frozen') throw new SnapfleetError('freeze_failed', line);
      return { ended, release: () => release(program, ended) };
    } catch (error) {
      await program.stop({ forceAfterMs: releaseMs });
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #run(argv: readonly string[], onStdoutLine: (line: string) => void): Promise<RunningProgram> {
    try {
      return await this.programs.start('node', argv, { onStdoutLine });
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      throw new SnapfleetError('freeze_failed', error.message, { cause: error });
    }
  }
}

const endOf = (line: string): FreezeEnd =>
  line === 'held' ? { held: true } : { held: false, reason: line.replace(/^lost /, '') };

/** One that does not answer is ended; whoever asked lets the cgroups go in any case. */
async function release(program: RunningProgram, ended: Promise<FreezeEnd>): Promise<FreezeEnd> {
  program.write('release\n');
  const timer = setTimeout(() => void program.stop({ forceAfterMs: 0 }), releaseMs);
  try {
    return await ended;
  } finally {
    clearTimeout(timer);
  }
}
