/** A process of the real device, or of Snapfleet on it, that is killed and started again by who watches over it. */
export type RealVictim =
  | 'kube-apiserver'
  | 'etcd'
  | 'snapshot-controller'
  | 'csi-snapshotter'
  | 'csi-provisioner'
  | 'topolvm-controller'
  | 'topolvm-node'
  | 'node-stand-in'
  | UnitVictim;

/** A service that runs by its unit in the guest. */
export type UnitVictim = 'host-lvm' | 'backup-worker' | 'restore-verifier';

/** What can be done to the real device only. */
export type RealBlow =
  /** `kill -9`; systemd starts a service again, and what plays the kubelet a server. */
  | { readonly kind: 'real-kill'; readonly victim: RealVictim }
  /** Everything is killed at once, the kernel of the guest too, and started again from what is on the disks. */
  | { readonly kind: 'power-cut' };

export const realKill = (victim: RealVictim): RealBlow => ({ kind: 'real-kill', victim });
export const powerCut: RealBlow = { kind: 'power-cut' };

export const nameOfRealBlow = (blow: RealBlow): string =>
  blow.kind === 'power-cut' ? 'power cut' : `kill -9 ${blow.victim}`;

/** Whether a blow may have a snapshot refused for now: where there is no API server, none should be made. */
export const mayRefuseForNow = (blow: RealBlow): boolean =>
  blow.kind === 'power-cut' || blow.victim === 'kube-apiserver' || blow.victim === 'etcd';
