import { VolumeRestore, type DataOf } from '@snapfleet/contracts';
import { label, managedBySnapfleet } from '../marks/marks.js';

type Command = DataOf<typeof VolumeRestore>;

const nodeTopologyLabel = 'topology.topolvm.io/node';
const longestName = 253;

/** The name of the Pod that uses a restored claim. */
export function consumerPodName(claimName: string): string {
  const suffix = '-consumer';
  return `${claimName.slice(0, longestName - suffix.length).replace(/[^a-z0-9]+$/, '')}${suffix}`;
}

/** The labels by which the Pod is known as ours. */
export function consumerLabels(operationId: string): Record<string, string> {
  return { [label.managedBy]: managedBySnapfleet, [label.operation]: operationId };
}

/**
 * The Pod that uses the restored claim: the class binds only when there is one. Without an assertion it does nothing and
 * has no rights; with one it runs the command as the image's user, who may read what others own and nothing more.
 */
export function consumerPodManifest(command: Command, idleImage: string): object {
  const { claim } = command;
  return {
    metadata: {
      name: consumerPodName(command.targetClaim),
      labels: { ...consumerLabels(command.operationId), [label.restorePoint]: command.restorePointId },
    },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 5,
      // No fsGroup: it would change the owners of the restored files.
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
      tolerations: [{ operator: 'Exists' }],
      // TopoLVM restores on the node of the snapshot only; elsewhere it answers "cannot find source volume's node".
      ...(claim.nodeName === undefined ? {} : { nodeSelector: { [nodeTopologyLabel]: claim.nodeName } }),
      ...(command.assertion === undefined ? {} : { activeDeadlineSeconds: command.assertion.timeoutSeconds }),
      containers: [container(command, idleImage)],
      volumes: [{ name: 'restored', persistentVolumeClaim: { claimName: command.targetClaim } }],
    },
  };
}

function container(command: Command, idleImage: string): object {
  const { assertion, claim, purpose } = command;
  const path = assertion?.mountPath ?? '/data';
  const mount = { name: 'restored', mountPath: path, readOnly: purpose === 'user' };
  const volume =
    claim.volumeMode === 'Block'
      ? { volumeDevices: [{ name: 'restored', devicePath: path }] }
      : { volumeMounts: [mount] };
  const common = { name: 'consumer', imagePullPolicy: 'IfNotPresent', ...volume };
  if (assertion === undefined) {
    return { ...common, image: idleImage, securityContext: securityContext([]), resources: idleResources };
  }
  return {
    ...common,
    image: assertion.image,
    command: assertion.command,
    // The end of the output becomes the message when the command writes none itself.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    securityContext: securityContext(['DAC_OVERRIDE']),
  };
}

const idleResources = {
  requests: { cpu: '1m', memory: '8Mi' },
  limits: { memory: '32Mi' },
};

function securityContext(add: readonly string[]): object {
  return { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'], ...(add.length === 0 ? {} : { add }) } };
}
