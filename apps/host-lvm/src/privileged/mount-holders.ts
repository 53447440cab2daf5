import { SnapfleetError } from '@snapfleet/contracts';
import { ProgramError, type RunningProgram } from '@snapfleet/process';
import { mkdir } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { Holders } from '../exposure/host-ports.js';
import { mountStep } from './mount-failure.js';
import { MountHolder, type HolderPlace } from './mount-holder.js';
import type { PrivilegedPrograms } from './privileged-programs.js';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.js';

const readyDeadlineMs = 30_000;
const endDeadlineMs = 10_000;
const scratchOptions = 'size=64k,mode=755,nosuid,noexec';

/** Starts the processes that hold mounts, and ends those that a killed host-lvm left behind. */
export class MountHolders implements Holders {
  constructor(
    private readonly programs: PrivilegedPrograms,
    private readonly place: HolderPlace & { readonly readerUid: number },
  ) {}

  async start(): Promise<MountHolder> {
    await mkdir(this.place.runDirectory, { recursive: true, mode: 0o755 });
    const process = await this.#startProcess();
    try {
      const identity = identityOf(process.pid);
      if (identity === undefined) throw new SnapfleetError('mount_failed', 'the holder of the mount has ended');
      const noSymlinks = await mountStep(this.#mountScratch(process.pid));
      return new MountHolder(identity, process, this.programs, this.place, noSymlinks);
    } catch (error) {
      await process.stop({ forceAfterMs: 0 });
      throw error;
    }
  }

  async endLeftover(identity: ProcessIdentity): Promise<boolean> {
    if (!isAlive(identity)) return false;
    process.kill(identity.pid, 'SIGKILL');
    const end = Date.now() + endDeadlineMs;
    while (isAlive(identity)) {
      if (Date.now() > end) throw new SnapfleetError('mount_failed', `the holder ${String(identity.pid)} does not end`);
      await wait(20);
    }
    return true;
  }

  /** The namespace exists and the rights are dropped when `cat`, the last in the chain, answers. */
  async #startProcess(): Promise<RunningProgram> {
    const { readerUid, readerGid } = this.place;
    const answer = Promise.withResolvers<undefined>();
    const said: string[] = [];
    const starting = this.programs.start(
      'unshare',
      [
        ...['--mount', '--propagation', 'slave', 'setpriv', '--reuid', String(readerUid), '--regid', String(readerGid)],
        ...['--clear-groups', '--bounding-set', '-all', '--inh-caps', '-all', '--no-new-privs', '--pdeathsig', 'KILL'],
        'cat',
      ],
      {
        onStdoutLine: () => {
          answer.resolve(undefined);
        },
        onStderrLine: (line) => said.push(line),
      },
    );
    const holder = await mountStep(starting);
    const fail = (message: string): void => {
      answer.reject(new SnapfleetError('mount_failed', message));
    };
    void holder.ended.then(({ exitCode }) => {
      fail(`no mount namespace could be made: unshare or setpriv ended with ${String(exitCode)}: ${said.join('; ')}`);
    });
    const timer = setTimeout(fail, readyDeadlineMs, 'the holder of the mount does not answer');
    try {
      holder.write('ready\n');
      await answer.promise;
      return holder;
    } catch (error) {
      await holder.stop({ forceAfterMs: 0 });
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Tells whether the kernel and mount(8) know `nosymfollow` (Linux 5.10), by trying it on our own tmpfs. */
  async #mountScratch(pid: number): Promise<boolean> {
    const mount = (options: string): Promise<unknown> =>
      this.programs.run('nsenter', [
        ...['--target', String(pid), '--mount', '--', 'mount', '--internal-only', '--types', 'tmpfs'],
        ...['--options', options, '--source', 'snapfleet', '--target', this.place.runDirectory],
      ]);
    try {
      await mount(`${scratchOptions},nosymfollow`);
      return true;
    } catch (error) {
      if (!(error instanceof ProgramError) || error.timedOut) throw error;
      await mount(scratchOptions);
      return false;
    }
  }
}
