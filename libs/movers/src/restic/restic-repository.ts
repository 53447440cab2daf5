import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { SnapfleetError } from '@snapfleet/contracts';
import { writeFileDurably } from '@snapfleet/durable-files';
import { createProgramRunner, ProgramError, type ProgramResult } from '@snapfleet/process';
import { endsWithThisProcess } from '../ends-with-this-process.js';
import { isMissing } from '../stored-backup.js';
import { type ResticSnapshot, Snapshots } from './restic-output.js';

export interface ResticSettings {
  /** The program; looked up in PATH unless absolute. */
  readonly program: string;
  /** As restic takes it: a path, or `rest:https://…`, `s3:…`, `sftp:…`. */
  readonly repository: string;
  /** Mode 0600; made with a random password where the repository is made. */
  readonly passwordFile: string;
  readonly cacheDirectory?: string | undefined;
  /** The host in restic's sense: fixed, so that earlier backups are found. */
  readonly device: string;
}

interface ResticRun {
  readonly signal?: AbortSignal | undefined;
  readonly workingDirectory?: string;
  readonly onLine?: (line: string) => void;
}

const day = 86_400_000;
// restic 0.17 and later, doc/075_scripting.rst "Exit codes".
const exitCodes = { partlyUnread: 3, noRepository: 10, locked: 11, wrongPassword: 12 } as const;

/** One restic repository: runs restic with the settings of a small device, and knows what its exit codes mean. */
export class ResticRepository {
  private readonly programs;
  private ready: Promise<void> | undefined;

  constructor(private readonly settings: ResticSettings) {
    this.programs = createProgramRunner({
      allowed: ['setpriv'],
      environment: {
        RESTIC_REPOSITORY: settings.repository,
        RESTIC_PASSWORD_FILE: settings.passwordFile,
        RESTIC_PROGRESS_FPS: '0.5',
        GOMAXPROCS: '1',
      },
      inheritEnvironment: ['AWS_SHARED_CREDENTIALS_FILE', 'AWS_PROFILE', 'SSL_CERT_FILE', 'RESTIC_CACERT'],
    });
  }

  /**
   * Makes the repository and its password where neither is there. A repository that is gone is not made anew: the
   * marker beside the password says that there was one.
   */
  async ensure(): Promise<void> {
    this.ready ??= this.initialise().catch((error: unknown) => {
      this.ready = undefined;
      throw error;
    });
    await this.ready;
  }

  /** Snapshots that have all of these tags, oldest first; or those of these ids. */
  async snapshots(filter: { readonly tags?: readonly string[]; readonly id?: string }): Promise<ResticSnapshot[]> {
    const tags = filter.tags === undefined ? [] : ['--tag', filter.tags.join(',')];
    const { stdout } = await this.run(
      ['snapshots', '--json', '--host', this.settings.device, ...tags, ...(filter.id === undefined ? [] : [filter.id])],
      {},
    );
    const snapshots = Snapshots.safeParse(JSON.parse(stdout === '' ? '[]' : stdout));
    if (!snapshots.success)
      throw new SnapfleetError('mover_failed', 'restic printed a list of snapshots that cannot be read', {
        cause: snapshots.error,
      });
    return snapshots.data.toSorted((a, b) => Date.parse(a.time) - Date.parse(b.time));
  }

  /** Forgets snapshots; their data goes with the next prune. */
  async forget(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.unlock();
    await this.run(['forget', ...ids], {});
  }

  /** Frees the space of what was forgotten, keeping the work of one run small. */
  async prune(signal: AbortSignal): Promise<void> {
    await this.unlock();
    await this.run(['prune', '--max-unused', '10%', '--max-repack-size', '1G'], { signal });
  }

  /** Removes locks whose process has ended, for example in a power cut; restic leaves others alone. */
  async unlock(): Promise<void> {
    await this.run(['unlock'], {});
  }

  /** @throws SnapfleetError `destination_unavailable` or `mover_failed` by the exit code; unknown codes are failures */
  async run(argv: readonly string[], { signal, workingDirectory, onLine }: ResticRun): Promise<ProgramResult> {
    const { program, cacheDirectory } = this.settings;
    const cache = cacheDirectory === undefined ? ['--no-cache'] : ['--cache-dir', cacheDirectory];
    try {
      return await this.programs.run(
        'setpriv',
        [...endsWithThisProcess, program, ...argv, '--retry-lock', '5m', ...cache],
        {
          deadlineMs: day,
          ...(signal === undefined ? {} : { signal }),
          ...(workingDirectory === undefined ? {} : { workingDirectory }),
          ...(onLine === undefined ? {} : { onStdoutLine: onLine }),
        },
      );
    } catch (cause) {
      signal?.throwIfAborted();
      throw this.failureOf(cause);
    }
  }

  private async initialise(): Promise<void> {
    const { passwordFile, repository } = this.settings;
    const marker = `${passwordFile}.initialised`;
    const known = await exists(marker);
    if (!(await exists(passwordFile))) {
      if (known) throw unavailable(`The password file ${passwordFile} is gone`);
      await writeFileDurably(passwordFile, `${randomBytes(32).toString('base64url')}\n`);
    }
    if (!(await this.isThere())) {
      if (known) throw unavailable(`There was a repository at ${repository}, and now there is none`);
      await this.run(['init'], {});
    }
    if (!known) await writeFileDurably(marker, `${repository}\n`);
  }

  private async isThere(): Promise<boolean> {
    try {
      await this.run(['cat', 'config'], {});
      return true;
    } catch (error) {
      const cause = error instanceof SnapfleetError ? error.cause : undefined;
      if (cause instanceof ProgramError && cause.exitCode === exitCodes.noRepository) return false;
      throw error;
    }
  }

  private failureOf(cause: unknown): SnapfleetError {
    const message = cause instanceof Error ? cause.message : String(cause);
    switch (cause instanceof ProgramError ? cause.exitCode : undefined) {
      case exitCodes.partlyUnread:
        return new SnapfleetError('mover_failed', `restic could not read all of the source: ${message}`, { cause });
      case exitCodes.noRepository:
      case exitCodes.locked:
        return unavailable(message, cause);
      case exitCodes.wrongPassword:
        return new SnapfleetError('destination_unavailable', message, { cause, retryable: false });
      default:
        return new SnapfleetError('mover_failed', message, { cause });
    }
  }
}

const unavailable = (message: string, cause?: unknown): SnapfleetError =>
  new SnapfleetError('destination_unavailable', message, { cause });

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw unavailable(`${path} cannot be looked at: ${String(error)}`, error);
  }
}
