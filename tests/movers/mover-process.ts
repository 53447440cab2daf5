// Runs one call of a mover in a process of its own, so that a test may choose its user and kill it:
//   node mover-process.ts '<job as JSON>'
import {
  type BackupReference,
  type ManifestSummary,
  Namespace,
  ObjectName,
  RestorePointId,
  DeviceId,
  SnapfleetError,
} from '@snapfleet/contracts';
import { createMovers, type MoverSettings, moverOf, scanVolume } from '@snapfleet/movers';

/** What is to be done. */
export type MoverJob =
  | {
      readonly action: 'scan';
      readonly path: string;
      readonly manifestFile: string;
      readonly volumeMode?: 'Filesystem' | 'Block';
    }
  | ({ readonly settings: MoverSettings; readonly mover: string } & (
      | {
          readonly action: 'backup';
          readonly restorePointId: string;
          readonly source: string;
          readonly manifestFile: string;
          readonly manifest: ManifestSummary;
          readonly volumeMode?: 'Filesystem' | 'Block';
          /** The source is told to be damaged once all has been read. */
          readonly goesBad?: boolean;
        }
      | { readonly action: 'find'; readonly restorePointId: string }
      | { readonly action: 'restore'; readonly reference: BackupReference; readonly target: string }
      | { readonly action: 'remove'; readonly reference: BackupReference }
      | { readonly action: 'sweep' }
      | { readonly action: 'maintain' }
    ));

const { signal } = new AbortController();
const volume = { namespace: Namespace.parse('shop'), persistentVolumeClaim: ObjectName.parse('orders') };

const keyOf = (restorePointId: string) => ({ ...volume, restorePointId: RestorePointId.parse(restorePointId) });

async function run(job: MoverJob): Promise<unknown> {
  if (job.action === 'scan') return await scanVolume({ ...job, volumeMode: job.volumeMode ?? 'Filesystem' });
  const mover = moverOf(createMovers(job.settings, DeviceId.parse('edge-1')), job.mover);
  switch (job.action) {
    case 'backup': {
      const { volumeMode = 'Filesystem', restorePointId, goesBad = false } = job;
      const confirmSource = (): Promise<void> =>
        goesBad ? Promise.reject(new SnapfleetError('source_unreadable', 'it is damaged')) : Promise.resolve();
      return await mover.backup({ ...job, ...keyOf(restorePointId), volumeMode, confirmSource, signal });
    }
    case 'find':
      return await mover.find(keyOf(job.restorePointId));
    case 'restore':
      return await mover.restore({ ...job, signal });
    case 'remove':
      return await mover.remove(job.reference);
    case 'sweep':
      await mover.sweep();
      return undefined;
    case 'maintain':
      await mover.maintain(signal);
      return undefined;
  }
}

try {
  const job = JSON.parse(process.argv[2] ?? '') as MoverJob;
  console.log(JSON.stringify({ result: (await run(job)) ?? null }));
} catch (error) {
  const { code, message } = error as { code?: string; message: string };
  console.log(JSON.stringify({ error: { code, message } }));
}
