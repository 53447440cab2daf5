import type { Guest } from './guest.js';

/**
 * LVM touches and locks memory in advance, to survive the suspension of the disk that it runs from; no volume of a guest is
 * such a disk, and under its kernel that is most of the time of every command that changes something.
 */
const configuration = 'activation {\n  reserved_memory = 0\n  reserved_stack = 0\n  monitoring = 0\n}\n';

/** Writes the lvm.conf of a guest. */
export async function configureLvm(guest: Guest): Promise<void> {
  await guest.run('bash', ['-c', 'cat > "$LVM_SYSTEM_DIR/lvm.conf"'], { input: configuration, deadlineMs: 60_000 });
}
