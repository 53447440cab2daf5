/**
 * A device as tests see it: a Kubernetes API with TopoLVM volumes behind it. Two things are one: the real device
 * (./real-device: API server, TopoLVM and LVM) and the simulator. A suite that is written against this interface runs on
 * both and so proves that the simulator is honest.
 *
 * What every device has: StorageClasses `topolvm-provisioner-thin` (xfs) and `topolvm-provisioner-ext4`, both
 * WaitForFirstConsumer and expandable, with device class `thin`; VolumeSnapshotClasses `topolvm-snapclass` (policy Delete,
 * the default) and `topolvm-snapclass-retain` (policy Retain); one Node, named `device`.
 */
export interface DeviceUnderTest {
  /** For test titles: `real` or `simulator`. */
  readonly name: string;
  /** Kubeconfig of a cluster administrator, for processes on this machine. */
  readonly kubeconfigPath: string;
  readonly capabilities: DeviceCapabilities;
  /** A kubeconfig with the rights that `deploy/rbac` gives an app; the embedded device lets everybody do everything. */
  kubeconfigOf(app: string): Promise<string>;
  /** Make a fresh namespace, with a name of its own and the ServiceAccount `default`; returns its name. */
  namespace(): Promise<string>;
  /** Merge each object into the one that exists, or create it; returns them as the API server has them now. */
  applyObjects(...objects: readonly Manifest[]): Promise<Manifest[]>;
  /** Run a bash script with the volume as its working directory and return its standard output. */
  runInVolume(claim: ClaimName, script: string): Promise<string>;
  /** Write text files by path below the volume's root; directories are made. The data is on disk on return. */
  writeFiles(claim: ClaimName, files: Readonly<Record<string, string>>): Promise<void>;
  /** Every regular file of the volume as text, by path below its root. */
  readFiles(claim: ClaimName): Promise<Record<string, string>>;
  /** Whether the thin volume of a CSI volume or snapshot handle exists. */
  logicalVolumeExists(handle: string): Promise<boolean>;
  /** Stop the device and remove all that it made on this machine. A second call does nothing. */
  stop(): Promise<void>;
}

/** A Kubernetes object, as it stands in YAML. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    /** Given by the API server. */
    readonly uid?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** A claim that a Running Pod uses: only such a volume is mounted, so that its data can be reached. */
export interface ClaimName {
  readonly namespace: string;
  readonly persistentVolumeClaim: string;
}

/** What differs from device to device; a suite decides by this, never by the name. */
export interface DeviceCapabilities {
  /** Pods with `restartPolicy: Never` really run their command and end Succeeded or Failed by its exit code. */
  readonly runsAssertions: boolean;
  /** Commands in Pods are run, whatever they are; otherwise only what the embedded device plays of them. */
  readonly runsAnyCommand: boolean;
  /** Rights are given by roles (RBAC); otherwise its only user may do everything. */
  readonly roles: boolean;
  /** Claims with `volumeMode: Block` get a block device. */
  readonly blockVolumes: boolean;
  /** Volumes are logical volumes under LVM, so that space, origin and read-only access are LVM's. */
  readonly realLogicalVolumes: boolean;
}

/** Start a device for one suite; it is stopped by the suite. */
export type StartDevice = () => Promise<DeviceUnderTest>;
