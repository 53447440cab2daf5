import { isDeepStrictEqual } from 'node:util';
import type { Pod, PodSpec, PodTemplate } from '../model/pod.js';
import type { LabelSelector } from '../model/workload.js';
import { matchesLabels } from '../store/label-selector.js';
import { forbidden, forbiddenField, invalidField, type InvalidField } from '../store/api-error.js';
import { randomSuffix, type Objects } from '../store/objects.js';
import { types } from '../store/resource-types.js';
import { rule, type AdmissionRule } from './admission-rule.js';

function fillPodSpec(spec: PodSpec): void {
  spec.restartPolicy ??= 'Always';
  spec.terminationGracePeriodSeconds ??= 30;
  spec['dnsPolicy'] ??= 'ClusterFirst';
  spec['schedulerName'] ??= 'default-scheduler';
  spec['securityContext'] ??= {};
  for (const container of spec.containers) {
    container['imagePullPolicy'] ??= 'IfNotPresent';
    container['resources'] ??= {};
    container['terminationMessagePath'] ??= '/dev/termination-log';
    container['terminationMessagePolicy'] ??= 'File';
  }
}

function checkContainers(spec: PodSpec, path: string): InvalidField[] {
  const wrong: InvalidField[] = spec.containers.flatMap(({ image }, index) =>
    image === undefined || image === '' ? [required(`${path}.containers[${String(index)}].image`)] : [],
  );
  const names = new Set((spec.volumes ?? []).map(({ name }) => name));
  for (const [index, container] of spec.containers.entries()) {
    const mounts = (container['volumeMounts'] ?? []) as readonly { readonly name?: string }[];
    for (const [place, { name = '' }] of mounts.entries()) {
      if (names.has(name)) continue;
      const field = `${path}.containers[${String(index)}].volumeMounts[${String(place)}].name`;
      wrong.push({ field, reason: 'FieldValueInvalid', message: `Not found: "${name}"` });
    }
  }
  return wrong;
}

const required = (field: string): InvalidField => ({ field, reason: 'FieldValueRequired', message: 'Required value' });

function checkSelector(selector: LabelSelector, template: PodTemplate): InvalidField[] {
  const labels = template.metadata?.labels ?? {};
  if (matchesLabels(selector, labels)) return [];
  return [invalidField('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')];
}

/** As the admission plugin ServiceAccount does; the default one comes by itself, soon after its namespace. */
function expectServiceAccount({ metadata, spec }: Pod, objects: Objects): void {
  const { name: podName, namespace = '' } = metadata;
  const name = spec['serviceAccountName'];
  if (typeof name !== 'string' || name === 'default') return;
  if (objects.get(types.serviceAccounts, { namespace, name }) !== undefined) return;
  const why = `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`;
  throw forbidden(types.pods, podName, why);
}

const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount';

/** What the admission plugins ServiceAccount and DefaultTolerationSeconds add to every new Pod. */
function addToNewPod({ spec }: Pod): void {
  const name = `kube-api-access-${randomSuffix()}`;
  if (spec['automountServiceAccountToken'] !== false) {
    const sources = [
      { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
        },
      },
    ];
    spec.volumes = [...(spec.volumes ?? []), { name, projected: { sources, defaultMode: 420 } }];
    for (const container of spec.containers) {
      const mounts = (container['volumeMounts'] ?? []) as readonly object[];
      container['volumeMounts'] = [...mounts, { name, readOnly: true, mountPath: tokenPath }];
    }
  }
  spec['tolerations'] ??= ['not-ready', 'unreachable'].map((state) => ({
    key: `node.kubernetes.io/${state}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 300,
  }));
}

const podFieldsThatMayChange = ['activeDeadlineSeconds', 'tolerations', 'terminationGracePeriodSeconds'];

function fixedPart(pod: Pod): object {
  const containers = pod.spec.containers.map((container) => ({ ...container, image: undefined }));
  const spec: Record<string, unknown> = { ...pod.spec, containers };
  return Object.fromEntries(Object.entries(spec).filter(([field]) => !podFieldsThatMayChange.includes(field)));
}

const fixedSelector = (present: { spec: { selector?: unknown } }, next: { spec: { selector?: unknown } }) =>
  isDeepStrictEqual(present.spec.selector, next.spec.selector)
    ? []
    : [invalidField('spec.selector', next.spec.selector, 'field is immutable')];

const setFieldsThatMayChange = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

const without = (spec: object, fields: readonly string[]): object =>
  Object.fromEntries(Object.entries(spec).filter(([field]) => !fields.includes(field)));

/** Pods and what makes them. */
export const workloadRules: readonly AdmissionRule[] = [
  rule({
    type: types.pods,
    begin: (pod, objects) => {
      expectServiceAccount(pod, objects);
      pod.status = { phase: 'Pending', qosClass: 'BestEffort' };
      addToNewPod(pod);
    },
    fill: (pod) => {
      fillPodSpec(pod.spec);
      pod.spec['serviceAccountName'] ??= 'default';
      pod.spec['enableServiceLinks'] ??= true;
      pod.spec['priority'] ??= 0;
      pod.spec['preemptionPolicy'] ??= 'PreemptLowerPriority';
    },
    check: (pod) => checkContainers(pod.spec, 'spec'),
    checkChange: (present, next) =>
      isDeepStrictEqual(fixedPart(present), fixedPart(next))
        ? []
        : [
            forbiddenField(
              'spec',
              'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
            ),
          ],
  }),
  ...[types.deployments, types.replicaSets].map((type) =>
    rule({
      type,
      fill: ({ spec }) => {
        spec.replicas ??= 1;
        fillPodSpec(spec.template.spec);
        if (type === types.deployments) spec.strategy ??= { type: 'RollingUpdate' };
      },
      check: ({ spec }) => [
        ...checkSelector(spec.selector, spec.template),
        ...checkContainers(spec.template.spec, 'spec.template.spec'),
      ],
      checkChange: fixedSelector,
    }),
  ),
  rule({
    type: types.replicationControllers,
    fill: ({ spec }) => {
      spec.replicas ??= 1;
      spec.selector ??= spec.template.metadata?.labels;
      fillPodSpec(spec.template.spec);
    },
    check: ({ spec }) => [
      ...checkSelector({ matchLabels: spec.selector }, spec.template),
      ...checkContainers(spec.template.spec, 'spec.template.spec'),
    ],
  }),
  rule({
    type: types.statefulSets,
    fill: ({ spec }) => {
      spec.replicas ??= 1;
      spec.podManagementPolicy ??= 'OrderedReady';
      spec.persistentVolumeClaimRetentionPolicy ??= { whenDeleted: 'Retain', whenScaled: 'Retain' };
      fillPodSpec(spec.template.spec);
    },
    check: ({ spec }) => [
      ...checkSelector(spec.selector, spec.template),
      ...checkContainers(spec.template.spec, 'spec.template.spec'),
    ],
    checkChange: (present, next) =>
      isDeepStrictEqual(without(present.spec, setFieldsThatMayChange), without(next.spec, setFieldsThatMayChange))
        ? []
        : [
            forbiddenField(
              'spec',
              "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
            ),
          ],
  }),
];
