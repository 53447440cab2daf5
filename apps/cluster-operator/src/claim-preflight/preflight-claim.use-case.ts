import {
  ClaimPreflight,
  ObjectName,
  SnapfleetError,
  type DataOf,
  type ErrorCode,
  type ReplyOf,
} from '@snapfleet/contracts';
import { snapshotApiVersion, type VolumeSnapshotClass } from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import { highestFence, type WorkloadGuard } from '@snapfleet/workloads';
import { chooseSnapshotClass } from './choose-snapshot-class.js';
import { readClaimSituation } from './claim-situation.js';
import { findingsOfFences } from './examine-fences.js';
import { factsOfClaim, findingsOfClaim } from './examine-claim.js';
import { findingsOfManifest } from './examine-manifest.js';
import { withRecreation } from './examine-recreation.js';
import { examineWorkload, nothingKnown, type WorkloadExamination } from './examine-workload.js';

type Question = DataOf<typeof ClaimPreflight>;
type Answer = ReplyOf<typeof ClaimPreflight>;

/** Why the guard would arm no timer. */
const refusals: ReadonlySet<ErrorCode> = new Set(['guard_unavailable', 'hooks_unsupported']);

/** Checks all that a snapshot of a claim needs, and tells everything that is missing at once. Changes nothing. */
export class PreflightClaimUseCase {
  constructor(
    private readonly cluster: Cluster,
    private readonly guard: WorkloadGuard,
    /** How long a guard that does not answer, for example because it starts again, is asked again. */
    private readonly guardSeconds = 15,
  ) {}

  /** @throws SnapfleetError deadline_exceeded; KubernetesApiError */
  async run(question: Question, signal: AbortSignal): Promise<Answer> {
    const [situation, snapshotClass, workload, guard] = await Promise.all([
      readClaimSituation(this.cluster, question, signal),
      this.#snapshotClass(question.volumeSnapshotClassName, signal),
      this.#workload(question, signal),
      this.#guard(question, signal),
    ]);
    const findings = [
      ...findingsOfClaim(question, situation),
      ...(snapshotClass instanceof SnapfleetError ? [snapshotClass] : []),
      ...workload.findings,
      ...findingsOfManifest(workload.saved),
      ...guard,
      ...findingsOfFences(question.fencingToken, [
        { kind: 'PersistentVolumeClaim', objects: [situation.claim] },
        { kind: kindOfTouched(question), objects: workload.touched },
      ]),
    ];
    if (findings.length > 0 || snapshotClass instanceof SnapfleetError) {
      return { passed: false, findings: findings.map((finding) => finding.toDetail()) };
    }
    const fencingToken = highestFence([situation.claim, ...workload.touched]);
    return {
      passed: true,
      claim: factsOfClaim(question, situation),
      volumeSnapshotClassName: ObjectName.parse(snapshotClass.metadata.name),
      deletionPolicy: snapshotClass.deletionPolicy,
      ...(workload.saved === undefined ? {} : { workload: workload.saved }),
      pods: [...workload.pods],
      endedPodUids: [...workload.endedPodUids],
      notices: [...workload.notices],
      ...(fencingToken === undefined ? {} : { fencingToken }),
    };
  }

  async #snapshotClass(name: string | undefined, signal: AbortSignal): Promise<VolumeSnapshotClass | SnapfleetError> {
    if (!(await this.cluster.serves(snapshotApiVersion, 'volumesnapshots', { signal }))) {
      return new SnapfleetError('snapshot_crd_missing', `the API server does not serve ${snapshotApiVersion}`);
    }
    try {
      return chooseSnapshotClass(await this.cluster.snapshotClasses.list({}, { signal }), name);
    } catch (error) {
      if (error instanceof SnapfleetError) return error;
      throw error;
    }
  }

  async #workload(question: Question, signal: AbortSignal): Promise<WorkloadExamination> {
    if (question.quiesce.level === 'none') return nothingKnown;
    const examined = await examineWorkload(this.cluster, question, question.quiesce, signal);
    return withRecreation(this.cluster, question.namespace, examined, signal);
  }

  /** A workload is taken away, or held by hooks, with its dead-man timer only: what will refuse the quiesce is told now. */
  async #guard({ quiesce, namespace }: Question, signal: AbortSignal): Promise<readonly SnapfleetError[]> {
    const patience = { patienceMs: this.guardSeconds * 1000, signal };
    try {
      if (quiesce.level === 'cold') await this.guard.list(patience);
      if (quiesce.level === 'hooks' && quiesce.after.length > 0) await this.guard.expectHooks(namespace, patience);
      return [];
    } catch (error) {
      if (error instanceof SnapfleetError && refusals.has(error.code)) return [error];
      throw error;
    }
  }
}

/** What the operation leaves its note on, beside the claim: the workload that it takes away, or the Pods that it holds. */
const kindOfTouched = ({ quiesce }: Question): string => (quiesce.level === 'cold' ? quiesce.workload.kind : 'Pod');
