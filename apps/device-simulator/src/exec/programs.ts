import { constants, open, readFile, unlink, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerFiles } from './container-files.js';

/** How a program ended. */
export interface ProgramEnd {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a program is given. */
interface Surroundings {
  readonly files: ContainerFiles;
  readonly signal: AbortSignal;
}

type Program = (words: readonly string[], surroundings: Surroundings) => Promise<ProgramEnd> | ProgramEnd;

const messages: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  EROFS: 'Read-only file system',
  ELOOP: 'Too many levels of symbolic links',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
};

const ended = (exitCode: number, stdout = '', stderr = ''): ProgramEnd => ({ exitCode, stdout, stderr });

/** Does the same with each file, and tells of each where it could not. */
async function forEach(
  program: string,
  paths: readonly string[],
  work: (path: string) => Promise<string>,
): Promise<ProgramEnd> {
  let stdout = '';
  let stderr = paths.length === 0 ? `${program}: missing operand\n` : '';
  for (const path of paths) {
    try {
      stdout += await work(path);
    } catch (error) {
      stderr += `${program}: ${path}: ${textOf(error)}\n`;
    }
  }
  return ended(stderr === '' ? 0 : 1, stdout, stderr);
}

function textOf(error: unknown): string {
  const text = error instanceof Error && 'code' in error ? messages[String(error.code)] : undefined;
  if (text === undefined) throw error;
  return text;
}

async function wait([seconds = '']: readonly string[], { signal }: Surroundings): Promise<ProgramEnd> {
  if (!/^\d{1,6}(\.\d{1,3})?$/.test(seconds)) return ended(1, '', `sleep: invalid time interval '${seconds}'\n`);
  await sleep(Number(seconds) * 1000, undefined, { signal, ref: false });
  return ended(0);
}

function touch(words: readonly string[], { files }: Surroundings): Promise<ProgramEnd> {
  return forEach('touch', words, async (path) => {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW;
    const file: FileHandle = await open(await files.find(path, 'write'), flags, 0o644);
    try {
      const now = new Date();
      await file.utimes(now, now);
    } finally {
      await file.close();
    }
    return '';
  });
}

function remove(words: readonly string[], { files }: Surroundings): Promise<ProgramEnd> {
  const force = words[0] === '-f';
  return forEach('rm', force ? words.slice(1) : words, async (path) => {
    try {
      await unlink(await files.find(path, 'write'));
    } catch (error) {
      if (!force || textOf(error) !== messages['ENOENT']) throw error;
    }
    return '';
  });
}

function print(words: readonly string[], { files }: Surroundings): Promise<ProgramEnd> {
  return forEach('cat', words, async (path) =>
    readFile(await files.find(path, 'read'), { encoding: 'utf8', flag: constants.O_RDONLY | constants.O_NOFOLLOW }),
  );
}

/**
 * The programs that can be run in a container of an embedded device. They are played, not started: nothing that a command
 * names runs on this machine.
 */
const programs: ReadonlyMap<string, Program> = new Map<string, Program>([
  ['true', () => ended(0)],
  ['false', () => ended(1)],
  ['echo', (words) => ended(0, `${words.join(' ')}\n`)],
  ['sleep', wait],
  ['cat', print],
  ['touch', touch],
  ['rm', remove],
]);

/** The names of the programs, for messages. */
export const programNames: readonly string[] = [...programs.keys()];

/** Runs a program; undefined where there is none of this name. @throws the signal's reason */
export async function runProgram(
  command: readonly string[],
  surroundings: Surroundings,
): Promise<ProgramEnd | undefined> {
  const [name = '', ...words] = command;
  return programs.get(name)?.(words, surroundings);
}
