import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ManifestSummary } from '@snapfleet/contracts';
import type { MoverSettings, RestoredBackup, StoredBackup } from '@snapfleet/movers';
import { execa } from 'execa';
import { serverPrograms } from '../support/servers.js';
import { asWorker, giveToWorker } from '../support/worker-user.js';
import type { MoverJob } from './mover-process.js';

const script = fileURLToPath(new URL('mover-process.ts', import.meta.url));
const deadlineMs = 170_000;

/** As whom the movers run. */
export type MoverUser = 'root' | 'an ordinary user with capabilities';

type WithoutSettings<Job> = Job extends { settings: unknown } ? Omit<Job, 'settings'> : Job;

/** The error of a call that failed in the other process. */
export class MoverCallError extends Error {
  constructor(
    readonly code: string | undefined,
    message: string,
  ) {
    super(message);
  }
}

/** A place with a source, a destination and a repository, and movers that run in processes of their own. */
export class MoverBench {
  private constructor(
    readonly directory: string,
    readonly settings: MoverSettings,
    readonly user: MoverUser,
  ) {}

  static async make(user: MoverUser): Promise<MoverBench> {
    const directory = await mkdtemp(join(tmpdir(), 'snapfleet-movers-'));
    const at = (name: string): string => join(directory, name);
    for (const name of ['source', 'destination', 'secrets', 'scratch', 'tmp', 'work']) {
      await mkdir(at(name));
      if (user !== 'root') await giveToWorker(at(name));
    }
    if (user !== 'root') await giveToWorker(directory);
    return new MoverBench(
      directory,
      {
        SNAPFLEET_DESTINATION: at('destination'),
        SNAPFLEET_RESTIC_REPOSITORY: at('work/repository'),
        SNAPFLEET_RESTIC_PASSWORD_FILE: at('secrets/restic-password'),
        SNAPFLEET_RESTIC_PROGRAM: join(await serverPrograms('restic'), 'restic'),
      },
      user,
    );
  }

  at(...names: string[]): string {
    return join(this.directory, ...names);
  }

  get source(): string {
    return this.at('source');
  }

  /** The command that does a job. */
  command(job: WithoutSettings<MoverJob>): [string, string[]] {
    const argv = [script, JSON.stringify({ settings: this.settings, ...job })];
    return this.user === 'root' ? [process.execPath, argv] : asWorker(process.execPath, argv);
  }

  async call(job: WithoutSettings<MoverJob>): Promise<unknown> {
    const [program, argv] = this.command(job);
    const { stdout } = await execa(program, argv, { timeout: deadlineMs, env: { TMPDIR: this.at('tmp') } });
    const answer = JSON.parse(stdout) as { result?: unknown; error?: { code?: string; message: string } };
    if (answer.error !== undefined) throw new MoverCallError(answer.error.code, answer.error.message);
    return answer.result;
  }

  async scan(path: string, name: string, volumeMode: 'Filesystem' | 'Block' = 'Filesystem'): Promise<ManifestSummary> {
    const manifestFile = this.at('work', name);
    return (await this.call({ action: 'scan', path, manifestFile, volumeMode })) as ManifestSummary;
  }

  async backUp(mover: string, restorePointId: string, manifest: ManifestSummary): Promise<StoredBackup> {
    const manifestFile = this.at('work', 'source.jsonl');
    const job = { action: 'backup', mover, restorePointId, source: this.source, manifestFile, manifest } as const;
    return (await this.call(job)) as StoredBackup;
  }

  async restore(mover: string, { reference }: StoredBackup): Promise<RestoredBackup> {
    const target = this.at('scratch');
    return (await this.call({ action: 'restore', mover, reference, target })) as RestoredBackup;
  }

  async find(mover: string, restorePointId: string): Promise<StoredBackup | null> {
    return (await this.call({ action: 'find', mover, restorePointId })) as StoredBackup | null;
  }

  async clear(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}
