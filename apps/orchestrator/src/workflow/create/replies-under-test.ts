import type { QuiesceLevel } from '@snapfleet/contracts';
import { deterministicUuid, PodUid, SnapshotReady } from '@snapfleet/contracts';
import type { CreateState } from './create-state.js';

const ready = SnapshotReady.data.parse(SnapshotReady.example);
const named = { kind: 'Deployment' as const, name: 'orders' };
const workload = { ...named, uid: deterministicUuid('uid'), replicas: 3 };
export const pods = [{ name: 'orders-1', uid: PodUid.parse(deterministicUuid('pod')) }];

/** What a claim.preflight that has passed answers. */
export const preflightReply = (level: QuiesceLevel): object => ({
  passed: true,
  claim: ready.claim,
  volumeSnapshotClassName: 'c',
  deletionPolicy: 'Delete',
  pods: level === 'frozen' || level === 'hooks' ? pods : [],
  endedPodUids: ['ended-1'],
  notices: [],
  ...(level === 'cold' ? { workload } : {}),
});

export const endedAt = '2026-11-23T10:01:00Z';
export const hooksReply = { endedAt, pods, failures: [], gone: [], unhooked: [] };
const replies: Readonly<Record<QuiesceLevel, { quiesce: object; resume: object }>> = {
  cold: {
    quiesce: { quiescedAt: endedAt, generation: 7, endedPodUids: ['ended-1', 'ended-2'] },
    resume: { resumedAt: endedAt, replicas: 3 },
  },
  frozen: {
    quiesce: { freezeId: deterministicUuid('freeze'), frozenAt: endedAt },
    resume: { thawedAt: endedAt, held: true, frozenMs: 800 },
  },
  hooks: { quiesce: hooksReply, resume: hooksReply },
  none: { quiesce: {}, resume: {} },
};

/** What the services would reply to the step of a state, where all goes well. */
export function success(state: CreateState, level: QuiesceLevel, claims: number): unknown {
  const each = (reply: unknown): unknown[] => Array.from({ length: claims }, () => reply);
  switch (state.phase) {
    case 'preflight':
      return each(preflightReply(level));
    case 'surveying':
      return { volumes: [], findings: [] };
    case 'quiescing':
      return replies[level].quiesce;
    case 'cutting':
      return each({ ...ready.snapshot, ...(level === 'none' ? {} : { disturbances: [] }) });
    case 'resuming':
      return replies[level].resume;
    default:
      return {};
  }
}
