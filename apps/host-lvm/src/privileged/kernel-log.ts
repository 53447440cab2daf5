import { constants, openSync, readSync } from 'node:fs';
import type { FilesystemErrors, FilesystemErrorWatch } from '../exposure/host-ports.js';

/** Gives the next record of the kernel's log, or undefined when there is none for now. Throws EPIPE where some were lost. */
export type ReadRecord = () => string | undefined;

const longestRecord = 8192;
const ext4Error = /^\d+,\d+,\d+,[^;]*;(EXT4-fs error \(device ([^)]+)\): [^\n]*)/;

/**
 * Errors that ext4 tells in the kernel's log and nowhere else: a block of a directory whose checksum is wrong is passed over,
 * and who lists the directory just sees less (Linux fs/ext4/dir.c, ext4_readdir). XFS gives an error to who reads.
 */
export class KernelLog implements FilesystemErrors {
  readonly #watched = new Map<string, Set<{ first: string | undefined }>>();

  /** @param read undefined where the log cannot be read: then nothing is seen */
  constructor(private readonly read: ReadRecord | undefined) {}

  watch(device: { readonly major: number; readonly minor: number }): FilesystemErrorWatch {
    this.#drain();
    const name = `dm-${device.minor}`;
    const entry: { first: string | undefined } = { first: undefined };
    const watches = this.#watched.get(name) ?? new Set();
    this.#watched.set(name, watches.add(entry));
    return {
      first: () => {
        this.#drain();
        return entry.first;
      },
      stop: () => {
        watches.delete(entry);
        if (watches.size === 0) this.#watched.delete(name);
      },
    };
  }

  #drain(): void {
    for (let record = this.#next(); record !== undefined; record = this.#next()) {
      const [, message, device = ''] = ext4Error.exec(record) ?? [];
      for (const watch of this.#watched.get(device) ?? []) watch.first ??= message;
    }
  }

  #next(): string | undefined {
    for (;;)
      try {
        return this.read?.();
      } catch (error) {
        // Older records were overwritten before they were read; what there still is comes next.
        if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error;
      }
  }
}

/** Reads the records of /dev/kmsg; undefined where this process may not. */
export function readKernelLog(path = '/dev/kmsg'): ReadRecord | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  const buffer = Buffer.alloc(longestRecord);
  return () => {
    try {
      return buffer.toString('utf8', 0, readSync(file, buffer, 0, longestRecord, null));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return undefined;
      throw error;
    }
  };
}
