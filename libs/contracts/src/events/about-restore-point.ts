import { z } from 'zod';
import { RestorePointId } from '../identifiers.js';
import { VolumeReference } from '../restore-point.js';

/** What every event about a restore point begins with. */
export const AboutRestorePoint = z.object({ restorePointId: RestorePointId, ...VolumeReference.shape });

const restorePointId = '5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87';
const rootDigest = `sha256:${'0123456789abcdef'.repeat(4)}`;

/** Values that the examples share. */
export const example = {
  id: restorePointId,
  where: { restorePointId, namespace: 'shop', persistentVolumeClaim: 'orders' },
  digest: rootDigest,
  error: {
    code: 'snapshot_not_ready' as const,
    message: 'VolumeSnapshot snapfleet-… was not ready after 300 s: no enough space left on VG',
    remedy: 'The message repeats status.error.message of the driver.',
    retryable: true,
  },
  manifest: { rootDigest, entries: 12, files: 10, bytes: 1048576, skippedAttributes: [] },
};
