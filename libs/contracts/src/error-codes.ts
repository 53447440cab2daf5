/** How an error ends: whether trying the same thing again later can succeed. */
export interface ErrorCodeFacts {
  /** The same request may succeed later without any change by a person. */
  readonly retryable: boolean;
  /** What it means, in one sentence. */
  readonly meaning: string;
  /** What a person does about it. */
  readonly remedy: string;
}

const final = (meaning: string, remedy: string): ErrorCodeFacts => ({ retryable: false, meaning, remedy });
const passing = (meaning: string, remedy: string): ErrorCodeFacts => ({ retryable: true, meaning, remedy });

/** Every error code that crosses a process boundary. Codes are stable: callers decide by them, never by the text. */
export const errorCodes = {
  invalid_message: final(
    'A message does not follow its schema.',
    'Correct the named field; the message reference shows the schema and an example.',
  ),
  message_too_large: final(
    'A message would be larger than a message may be, and was not sent.',
    'The message names its kind and its size. Shorten what was asked for: hooks, assertion, number of claims.',
  ),
  wrong_device: final(
    'The message names another device than its subject or this device.',
    'Publish to the subject of the device that the message is for.',
  ),
  command_expired: final(
    'The command was taken up after its own deadline.',
    'Publish the command again if it is still wanted.',
  ),
  deadline_exceeded: passing(
    'A step did not end within its deadline.',
    'Look at the cause in the error, then try again with a longer deadline if the device is only slow.',
  ),
  cancelled: final(
    'The operation was cancelled on request.',
    'Nothing: the workload was put back and what had been made was removed.',
  ),
  operation_superseded: final(
    'A later step of the same operation has already undone what this command asks for.',
    'Nothing: the command came late and was refused, so that it cannot take effect after its operation has ended.',
  ),
  fence_not_ours: final(
    'An object carries a fencing token that is far above all that this device has given: another one wrote it, or a journal was lost.',
    'Look who annotates the object that the message names, then take the annotation off, for example `kubectl annotate deployment orders snapfleet.io/fencing-token-`.',
  ),
  interrupted: passing(
    'A service stopped in the middle of the work.',
    'Nothing: the work is taken up again by itself.',
  ),
  device_unreachable: passing(
    'Nothing answers: the address is wrong, the NATS server is down, or no Snapfleet service listens there.',
    'Check the address and the name of the device, and that its services run.',
  ),
  access_denied: final(
    'The NATS server refused the credentials, or they do not allow this.',
    'Check the token or credentials and what they permit.',
  ),
  server_not_trusted: final(
    'The NATS server could not prove by its certificate that it is the one that was meant, or TLS is missing on one side.',
    'Check the address (tls:// or nats://, and the host that the certificate names), the file of the authority, and the clock.',
  ),
  dead_letter_not_found: final(
    'There is no dead letter of this number.',
    'List the dead letters: `snapfleet dead-letters list`.',
  ),
  internal: passing(
    'Something happened that the program did not expect.',
    'Look at the log of the named service with the correlation id; report it if it returns.',
  ),

  pvc_not_found: final('The PersistentVolumeClaim does not exist.', 'Check the namespace and the name.'),
  pvc_not_bound: final(
    'The PersistentVolumeClaim is not bound to a volume.',
    'Start a Pod that uses it: the class binds with WaitForFirstConsumer.',
  ),
  pvc_terminating: final('The PersistentVolumeClaim is being deleted.', 'Snapshot a claim that stays.'),
  pvc_changed: final(
    'The PersistentVolumeClaim was deleted and made again in the meantime.',
    'Start again with the new claim.',
  ),
  wrong_driver: final('The volume is not provided by topolvm.io.', 'Snapfleet handles TopoLVM (LVMS) volumes only.'),
  thick_device_class: final(
    'The device class is thick, and TopoLVM snapshots thin volumes only.',
    'Use a device class of `type: thin` with a thin-pool in lvmd.yaml, and move the data to a volume of that class.',
  ),
  snapshot_crd_missing: final(
    'The cluster does not know snapshot.storage.k8s.io/v1.',
    'Enable the CSI snapshot component: MicroShift `storage.optionalCsiComponents`.',
  ),
  snapshot_class_not_found: final(
    'There is no VolumeSnapshotClass to use.',
    'Create one with driver topolvm.io, or name an existing one in the command.',
  ),
  snapshot_class_wrong_driver: final(
    'The VolumeSnapshotClass is of another driver.',
    'Name a VolumeSnapshotClass with driver topolvm.io.',
  ),
  pool_headroom_missing: final(
    'The thin pool has no room for this snapshot: in its data, its metadata or its virtual budget.',
    'The message names the number. Delete snapshots; extend the pool (`lvextend`, `lvextend --poolmetadatasize`); for the virtual budget raise the overprovision-ratio in lvmd.yaml: each snapshot is charged its full virtual size.',
  ),
  pool_unhealthy: final(
    'The thin pool is full, read-only, in need of a check, failed or not active.',
    'The message names the state. Free or extend what is full; a pool that needs a check or has failed is taken offline and repaired by a person (lvmthin(7), lvconvert --repair): Snapfleet repairs none, and reads what can still be read.',
  ),
  workload_not_found: final('The workload to quiesce does not exist.', 'Check kind and name in the policy.'),
  manifest_too_large: final(
    'The manifest of a bare Pod is too large to be kept while the Pod is away.',
    'Move what is large in the Pod (annotations, environment, inline scripts) into a ConfigMap or Secret, or run it by a Deployment or StatefulSet, of which only the replicas are kept; nothing was touched.',
  ),
  workload_conflict: final(
    'The workload was changed by somebody else while it was quiesced.',
    'Look who scales it (HorizontalPodAutoscaler, GitOps); the change of the other side was left in place.',
  ),
  workload_not_recreatable: final(
    'The Pod could not be made again after it was deleted: the API server refuses its manifest now. It was not deleted.',
    'The message names who asked and what refused it: a right, a Pod Security level, a security context constraint, a ServiceAccount or PriorityClass that is gone, a quota, a webhook. Let cluster-operator and workload-guard make this Pod in its namespace, or run it by a Deployment.',
  ),
  workload_not_gone: passing(
    'Pods that use the volume did not end in time.',
    'Look at the named Pods: finalizers, long termination grace periods, other controllers that use the claim.',
  ),
  freeze_unsupported: final(
    'The processes of the Pods cannot be frozen.',
    'The message says why. A Pod that starts or ends has to run, or to be gone, first. The host needs cgroup v2 with one cgroup for each Pod; use the quiesce level `cold` or `hooks` instead.',
  ),
  freeze_failed: passing(
    'The processes of the Pods could not be frozen or let go.',
    'The message says which cgroup did not answer; a watchdog lets frozen processes go on in any case.',
  ),
  hooks_unsupported: final(
    'The hooks cannot run in the Pods as they are.',
    'The message says why: a container that the Pod does not have, a Pod that is not Ready, a policy or webhook that refuses the annotation of a Pod, or a cluster operator or workload guard that may not run commands in Pods (deploy/rbac/cluster-operator-hooks.yaml and deploy/rbac/workload-guard-hooks.yaml allow it).',
  ),
  hook_failed: passing(
    'A command in a Pod failed, did not end in time, or could not be started.',
    'The message repeats the end of what it said. Correct the hook; with `onError: continue` the snapshot is made all the same.',
  ),
  guard_unavailable: passing(
    'The workload guard does not answer, and no workload is taken away or held without its dead-man timer.',
    'Check that workload-guard runs and that the user of cluster-operator may open its socket; nothing was touched.',
  ),
  snapshot_not_ready: passing(
    'The VolumeSnapshot did not become ready in time.',
    'The message repeats status.error.message of the driver.',
  ),
  snapshot_controller_absent: passing(
    'Nobody has begun to make the VolumeSnapshot: its snapshot-controller or the csi-snapshotter of topolvm.io does not work.',
    'Look at the Pod that the message names: snapshot-controller (MicroShift: csi-snapshot-controller in kube-system, which `storage.optionalCsiComponents` deploys), or csi-snapshotter (beside the controller of TopoLVM or LVMS). The workload is put back.',
  ),
  snapshot_not_found: final(
    'There is no such restore point or VolumeSnapshot.',
    'List the restore points: `snapfleet snapshot list`.',
  ),
  snapshot_in_use: final(
    'Something still uses the snapshot.',
    'End the named users first: PersistentVolumeClaims that are being restored from it, or readers of its data.',
  ),
  snapshot_delete_pending: passing(
    'The VolumeSnapshot was not gone in time.',
    'The message says which finalizer waits for what. Finalizers are removed only with proof that nothing is referred to.',
  ),
  last_good_copy: final(
    'This is the last verified copy of the volume.',
    'Make and verify another restore point first, or say in the command that the last good copy may go (`--allow-last-good-copy`). Where the message names the uid of a claim that was made again since, only the latter is left.',
  ),
  not_ours: final(
    'The object exists, but was not made by Snapfleet for this purpose.',
    'Rename one of the two; Snapfleet neither changes nor deletes what it did not make.',
  ),
  restore_size_too_small: final(
    'The requested size is smaller than the snapshot.',
    'Ask for at least the restore size, or leave the size out.',
  ),
  target_exists: final('There is already a PersistentVolumeClaim of that name.', 'Restore under another name.'),
  restore_not_bound: passing(
    'The restored PersistentVolumeClaim was not bound in time.',
    'The message repeats the events of the claim.',
  ),
  consumer_not_ready: passing(
    'The Pod that uses the restored volume was not ready in time.',
    'The message repeats the state of the Pod.',
  ),

  volume_not_found: final(
    'No logical volume of this handle exists on this host.',
    'Check that the device still has the disk; a VolumeSnapshot object can outlive its data.',
  ),
  volume_ambiguous: final(
    'More than one volume group has a logical volume of this handle.',
    'Name the volume group in the settings of host-lvm.',
  ),
  volume_not_thin: final('The logical volume is not a thin volume.', 'Snapfleet reads snapshots on thin pools only.'),
  filesystem_unsupported: final(
    'The filesystem on the volume is not on the list of those that are mounted.',
    'Only xfs and ext4 are mounted; other volumes are read as a device.',
  ),
  mount_failed: passing('The volume could not be mounted read-only.', 'The message repeats what mount said.'),
  lvm_failed: passing('An LVM command failed.', 'The message repeats what LVM said.'),
  lease_not_found: final('There is no such lease: it has ended or was never given.', 'Expose the volume again.'),

  volume_in_use: passing(
    'Something has the logical volume open: a mount, a reader, or a lease.',
    'End the named user; a volume that is open is never removed.',
  ),
  volume_replaced: final(
    'The logical volume of this name is another one than was looked at.',
    'Nothing: it was left alone. The next scan looks at what is there now.',
  ),
  proof_expired: passing(
    'Too much time has passed since it was read that nothing refers to the logical volume.',
    'Nothing: the proof is made again by itself.',
  ),

  orphan_not_found: final(
    'There is no such orphan: it is gone, or was never seen.',
    'List the orphans: `snapfleet orphans list --scan`.',
  ),
  orphan_in_quarantine: final(
    'The orphan has not been in quarantine for long enough.',
    'Ask again later: `snapfleet orphans list` says when it may be purged. A dry run needs no quarantine.',
  ),
  orphan_not_purgeable: final(
    'The orphan is not proven to be ours, or something still refers to it.',
    'The message says what keeps it. What is not ours is removed by its owner, with the tools of its owner.',
  ),

  destination_unavailable: passing(
    'The backup destination cannot be reached or written.',
    'Check that the destination is there, has room and may be written.',
  ),
  mover_failed: passing('The mover ended with an error.', 'The message repeats what the tool said.'),
  mover_unknown: final(
    'No mover of that name is set up on this device.',
    'Name a mover that the device has, or set it up.',
  ),
  backup_not_found: final(
    'The backup is not at its destination.',
    'Check whether the destination was cleared; make a new backup.',
  ),
  source_unreadable: final('A part of the snapshot could not be read.', 'Check the disk: the message names the file.'),
  empty_volume: final(
    'The volume holds no files, which the policy does not allow.',
    'Check that the right volume is named; allow empty volumes in the policy if that is right.',
  ),
  verification_failed: final(
    'The restored data is not what was saved.',
    'Do not rely on this restore point; look at the differences and make a new one.',
  ),
  assertion_failed: final(
    'The assertion command in the restored Pod did not succeed.',
    'Look at its exit code and output.',
  ),
} as const satisfies Record<string, ErrorCodeFacts>;

/** The stable code of an error. */
export type ErrorCode = keyof typeof errorCodes;

/** All codes, for schemas and documentation. */
export const errorCodeNames = Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]];
