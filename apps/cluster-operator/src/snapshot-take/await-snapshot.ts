import { SnapfleetError } from '@snapfleet/contracts';
import {
  boundContentName,
  type Deadline,
  isReadyToUse,
  isTerminating,
  keyOf,
  orOnDeadline,
  snapshotErrorText,
  type VolumeSnapshot,
  type VolumeSnapshotContent,
  WaitDeadlineError,
} from '@snapfleet/kubernetes';
import type { Cluster } from '../cluster-access.js';
import { recentWarnings, sentence } from '../failure/recent-warnings.js';
import { annotation, topolvmDriver } from '../marks/marks.js';
import { meaningOfDriverError } from './final-snapshot-error.js';

/**
 * Longer than a snapshot-controller that takes over from a killed one needs: it waits for 15 s for the end of the lease, and
 * looks each 5 s (external-snapshotter, `--leader-election-lease-duration`, `--leader-election-retry-period`).
 */
const attentionSeconds = 30;

/** A wait for a VolumeSnapshot, and when it has to be over. */
interface Wait {
  readonly deadline: Deadline;
  readonly signal: AbortSignal;
}

/**
 * Waits until a VolumeSnapshot is ready. One that no controller has touched is given up early, since its workload is away
 * meanwhile.
 * @throws SnapfleetError snapshot_controller_absent, snapshot_not_ready, thick_device_class, pool_headroom_missing;
 *   KubernetesApiError
 */
export async function awaitReady(cluster: Cluster, snapshot: VolumeSnapshot, wait: Wait): Promise<VolumeSnapshot> {
  const notReady = (last: VolumeSnapshot, cause: Error) => whyNotReady(cluster, last, wait.deadline, cause);
  const restMs = (): number => wait.deadline.remainingMs();
  const shortMs = attentionSeconds * 1000;
  if (restMs() > shortMs)
    await awaitState(cluster, snapshot, isTakenUp, { ...wait, deadlineMs: shortMs }, noController);
  const bound = await awaitState(cluster, snapshot, isBound, { ...wait, deadlineMs: restMs() }, notReady);
  if (!isReadyToUse(bound) && restMs() > shortMs) await expectSidecar(cluster, bound, shortMs, wait.signal);
  return awaitState(cluster, snapshot, isReadyToUse, { ...wait, deadlineMs: restMs() }, notReady);
}

/** The snapshot-controller adds a finalizer before all else, or says in the status why it does not begin. */
const isTakenUp = ({ metadata, status }: VolumeSnapshot): boolean =>
  (metadata.finalizers ?? []).length > 0 || (status ?? undefined) !== undefined;

const isBound = (snapshot: VolumeSnapshot): boolean => boundContentName(snapshot) !== undefined;

async function awaitState(
  cluster: Cluster,
  snapshot: VolumeSnapshot,
  isReached: (found: VolumeSnapshot) => boolean,
  { deadlineMs, signal }: Wait & { readonly deadlineMs: number },
  onDeadline: (last: VolumeSnapshot, cause: Error) => SnapfleetError | Promise<SnapfleetError>,
): Promise<VolumeSnapshot> {
  let last = snapshot;
  const decide = (found: VolumeSnapshot | undefined): VolumeSnapshot | undefined => {
    if (found?.metadata.uid !== snapshot.metadata.uid || isTerminating(found)) {
      const what = `${nameOf(snapshot)} was deleted by somebody else before it was ready`;
      throw new SnapfleetError('snapshot_not_ready', what);
    }
    last = found;
    const text = snapshotErrorText(found) ?? '';
    const meaning = meaningOfDriverError(text);
    if (meaning?.final === true) throw new SnapfleetError(meaning.code, `${nameOf(found)}: ${text}`);
    return isReached(found) ? found : undefined;
  };
  const waiting = cluster.snapshots.waitFor(keyOf(snapshot), decide, { deadlineMs, signal });
  return orOnDeadline(waiting, (cause) => onDeadline(last, cause));
}

function noController(snapshot: VolumeSnapshot, cause: Error): SnapfleetError {
  const what = `${nameOf(snapshot)} has neither a finalizer nor a status after ${String(attentionSeconds)} s: no snapshot-controller works`;
  return new SnapfleetError('snapshot_controller_absent', what, { cause });
}

/** The csi-snapshotter writes on a content that it begins to cut the snapshot, and what came of it into the status. */
async function expectSidecar(
  cluster: Cluster,
  snapshot: VolumeSnapshot,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<void> {
  const name = boundContentName(snapshot) ?? '';
  let isUntouched = false;
  const decide = (content: VolumeSnapshotContent | undefined): true | undefined => {
    isUntouched = content !== undefined && !isBegun(content);
    return content !== undefined && isBegun(content) ? true : undefined;
  };
  const waiting = cluster.snapshotContents.waitFor({ name }, decide, { deadlineMs, signal });
  await waiting.catch((cause: unknown) => {
    if (!(cause instanceof WaitDeadlineError)) throw cause;
    // A content that is not there says nothing of the sidecar.
    if (!isUntouched) return;
    const what = `${nameOf(snapshot)}: its content ${name} has neither a mark nor a status after ${String(attentionSeconds)} s: no csi-snapshotter works for ${topolvmDriver}`;
    throw new SnapfleetError('snapshot_controller_absent', what, { cause });
  });
}

const isBegun = ({ metadata, status }: VolumeSnapshotContent): boolean =>
  metadata.annotations?.[annotation.contentBeingCreated] !== undefined || (status ?? undefined) !== undefined;

async function whyNotReady(
  cluster: Cluster,
  snapshot: VolumeSnapshot,
  deadline: Deadline,
  cause: Error,
): Promise<SnapfleetError> {
  const text = snapshotErrorText(snapshot);
  const message = sentence(
    `${nameOf(snapshot)} was not ready after ${deadline.toString()}`,
    text ?? (snapshot.status ? 'the driver reports no error' : 'it has no status: is the snapshot-controller running?'),
    ...(await warningsAbout(cluster, snapshot)).filter((warning) => text === undefined || !warning.includes(text)),
  );
  return new SnapfleetError(meaningOfDriverError(text ?? '')?.code ?? 'snapshot_not_ready', message, { cause });
}

/** The controller writes its events on the VolumeSnapshot, the sidecar on the content. */
async function warningsAbout(cluster: Cluster, snapshot: VolumeSnapshot): Promise<readonly string[]> {
  const name = boundContentName(snapshot);
  const content = name === undefined ? undefined : await cluster.snapshotContents.get({ name });
  const ofContent = content === undefined ? [] : await recentWarnings(cluster, content);
  return [...(await recentWarnings(cluster, snapshot)), ...ofContent];
}

const nameOf = ({ metadata }: VolumeSnapshot): string => `VolumeSnapshot ${metadata.namespace ?? ''}/${metadata.name}`;
