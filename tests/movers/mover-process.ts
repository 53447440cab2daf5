// Runs one call of a mover in a process of its own, so that a test may choose its user and kill it:
//   node mover-process.ts '<job as JSON>'
import {
  type BackupReference,
  type ManifestSummary,
  Namespace,
  ObjectName,
  RestorePointId,
  DeviceId,
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
        }
      | { readonly action: 'find'; readonly restorePointId: string }
      | { readonly action: 'restore'; readonly reference: BackupReference; readonly target: string }
      | { readonly action: 'remove'; readonly reference: BackupReference }
      | { readonly action: 'sweep' }
      | { readonly action: 'maintain' }
    ));

const { signal } = new AbortController();
const volume = { namespace: Namespace.parse('shop'), persistentVolumeClaim: ObjectName.parse('orders') };

async function run(job: MoverJob): Promise<unknown> {
  const volumeMode = 'volumeMode' in job ? (job.volumeMode ?? 'Filesystem') : 'Filesystem';
  if (job.action === 'scan') return await scanVolume({ ...job, volumeMode });
  const mover = moverOf(createMovers(job.settings, DeviceId.parse('edge-1')), job.mover);
  switch (job.action) {
    case 'backup':
      return await mover.backup({
        ...job,
        ...volume,
        restorePointId: RestorePointId.parse(job.restorePointId),
        volumeMode,
        signal,
      });
    case 'find':
      return (await mover.find({ ...volume, restorePointId: RestorePointId.parse(job.restorePointId) })) ?? null;
    case 'restore':
      return await mover.restore({ ...job, signal });
    case 'remove':
      return await mover.remove(job.reference);
    case 'sweep':
      return (await mover.sweep()) ?? null;
    case 'maintain':
      return (await mover.maintain(signal)) ?? null;
  }
}

try {
  const job = JSON.parse(process.argv[2] ?? '') as MoverJob;
  console.log(JSON.stringify({ result: await run(job) }));
} catch (error) {
  const { code, message } = error as { code?: string; message: string };
  console.log(JSON.stringify({ error: { code, message } }));
}
