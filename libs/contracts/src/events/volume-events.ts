import { z } from 'zod';
import { defineEvent } from '../definition.js';
import { Bytes, ObjectName, ObjectUid } from '../identifiers.js';
import { ErrorDetail } from '../snapfleet-error.js';
import { AboutRestorePoint, example } from './about-restore-point.js';

export const VolumeRestored = defineEvent({
  name: 'volume.restored',
  summary: 'A restore point was restored into a new PersistentVolumeClaim, which is bound and was used by a Pod.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({ ...AboutRestorePoint.shape, targetClaim: ObjectName, targetUid: ObjectUid, sizeBytes: Bytes }),
  example: {
    ...example.where,
    targetClaim: 'orders-restored',
    targetUid: '4d1de0a4-4a49-4bd6-9a5a-04dbb1ad4d01',
    sizeBytes: 1073741824,
  },
});

export const VolumeRestoreFailed = defineEvent({
  name: 'volume.restore-failed',
  summary: 'The restore did not succeed; what it had made is removed.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({ ...AboutRestorePoint.shape, targetClaim: ObjectName, error: ErrorDetail }),
  example: { ...example.where, targetClaim: 'orders-restored', error: example.error },
});
