import type { SnapfleetEvent } from '@snapfleet/client';

const colours = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
const paint = (code: number, text: string): string => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);

/** Prints what the quickstart does, for people. */
export const print = {
  step(number: number, text: string): void {
    console.log(`\n${paint(1, `${number}. ${text}`)}`);
  },
  note(text: string): void {
    console.log(`   ${text}`);
  },
  command(text: string): void {
    console.log(`   ${paint(36, text)}`);
  },
  done(text: string): void {
    console.log(`\n${paint(32, text)}`);
  },
};

/** Prints an event as it arrives. */
export function printEvent(event: SnapfleetEvent): void {
  console.log(`   ${paint(32, event.name.padEnd(26))} ${paint(2, about(event))}`);
}

/** The few facts of an event that a reader of the quickstart wants to see. */
function about(event: SnapfleetEvent): string {
  if ('error' in event.data) return `${event.data.error.code}: ${event.data.error.message}`;
  switch (event.name) {
    case 'workload.quiesced':
      return `${event.data.workload.kind} ${event.data.workload.name}: ${event.data.originalReplicas ?? 'Pod'} → 0`;
    case 'workload.resumed':
      return `${event.data.workload.kind} ${event.data.workload.name} is back after ${(event.data.downtimeMs / 1000).toFixed(1)} s`;
    case 'snapshot.ready':
      return `${event.data.snapshot.volumeSnapshotName}, consistency ${event.data.consistency}`;
    case 'backup.completed':
      return `${event.data.backup.mover}: ${event.data.manifest.files} files, ${event.data.manifest.rootDigest.slice(0, 19)}…`;
    case 'restore.verified':
      return `${[event.data.level, event.data.mover].join(' ').trim()} restored and compared: equal`;
    case 'snapshot.completed':
      return event.data.outcome;
    case 'volume.restored':
      return `${event.data.targetClaim}, ${event.data.sizeBytes} bytes`;
    case 'snapshot.deleted':
      return event.data.freed ? 'the logical volume is freed' : 'the logical volume is kept';
    default:
      return '';
  }
}
