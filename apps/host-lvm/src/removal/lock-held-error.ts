import { SnapfleetError } from '@snapfleet/contracts';

/** LVM was refused the lock of a volume group, so that the command has changed nothing and does not run on. */
export class LockHeldError extends SnapfleetError {
  constructor(cause: unknown) {
    const what =
      'another LVM command holds the lock of a volume group, and a removal waits for none; nothing was removed';
    const said = cause instanceof Error ? `: ${cause.message}` : '';
    super('lvm_failed', `${what}${said}`, { cause });
  }
}
