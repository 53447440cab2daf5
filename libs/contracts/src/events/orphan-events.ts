import { z } from 'zod';
import { defineEvent } from '../definition.js';
import { Bytes } from '../identifiers.js';
import { Orphan, OrphanId, OrphanKind, orphanExample } from '../orphan.js';
import { ErrorDetail } from '../snapfleet-error.js';
import { AboutRestorePoint, example } from './about-restore-point.js';

const about = { orphanId: OrphanId, kind: OrphanKind, name: Orphan.shape.name };
const exampleAbout = { orphanId: orphanExample.orphanId, kind: orphanExample.kind, name: orphanExample.name };
const proof = z.array(z.string().max(512)).max(32).describe('what was found right before, in plain words');

export const OrphanFound = defineEvent({
  name: 'orphan.found',
  summary: 'Something is left over: it was seen in two scans and is in quarantine now. Nothing was changed.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({ orphan: Orphan }),
  example: { orphan: orphanExample },
});

export const OrphanExamined = defineEvent({
  name: 'orphan.examined',
  summary: 'A dry run: what a purge would remove, with the proof that it may. Nothing was changed.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({ ...AboutRestorePoint.shape, ...about, proof }),
  example: { ...example.where, ...exampleAbout, proof: orphanExample.evidence },
});

export const OrphanPurged = defineEvent({
  name: 'orphan.purged',
  summary: 'An orphan is gone; `freed` says whether LVM no longer has its logical volume.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({
    ...AboutRestorePoint.shape,
    ...about,
    proof,
    cause: z.enum(['command', 'automatic']),
    freed: z.boolean(),
    freedBytes: Bytes.optional().describe('virtual size of the logical volume that is gone'),
  }),
  example: {
    ...example.where,
    ...exampleAbout,
    proof: orphanExample.evidence,
    cause: 'command',
    freed: true,
    freedBytes: 1073741824,
  },
});

export const OrphanPurgeFailed = defineEvent({
  name: 'orphan.purge-failed',
  summary: 'An orphan was not purged; `error` says what keeps it.',
  from: ['orchestrator'],
  to: ['client'],
  data: z.object({ ...AboutRestorePoint.shape, ...about, proof, error: ErrorDetail }),
  example: { ...example.where, ...exampleAbout, proof: [], error: { ...example.error, code: 'orphan_not_purgeable' } },
});
