import { resources, workloadResources } from '../resources/definitions.js';
import { groupPath, type ResourceDefinition } from '../resources/resource-definition.js';
import type { KubernetesObject } from '../objects/object-meta.js';
import { ScalableKind } from '../objects/scalable-workload.js';
import type { ClusterAccess, PlainResource, PodCall, ResourceCall, ScalableCall, Uses } from './cluster-access.js';

/** One rule of a ClusterRole, with what each call behind it is for. */
export interface PolicyRule {
  readonly uses: Uses<string>;
  /** `''` is the core group. */
  readonly apiGroups?: readonly [string];
  readonly resources?: readonly [string];
  readonly nonResourceURLs?: readonly [string];
  readonly verbs: readonly string[];
}

/** The verbs of the API server that a call needs. A wait lists, then watches. */
const verbsOf: Readonly<Record<ResourceCall, readonly string[]>> = {
  get: ['get'],
  list: ['list'],
  waitFor: ['list', 'watch'],
  waitForAll: ['list', 'watch'],
  create: ['create'],
  tryCreate: ['create'],
  patch: ['patch'],
  remove: ['delete'],
};
/**
 * The verbs of calls that are subresources. A WebSocket is opened by GET, which is the verb `get`; Kubernetes 1.35 and newer ask
 * for `create` as well (kubernetes/kubernetes 133515).
 */
const subresources: Readonly<Record<Exclude<PodCall | ScalableCall, ResourceCall>, readonly string[]>> = {
  scale: ['patch'],
  exec: ['get', 'create'],
};
const order = ['get', 'list', 'watch', 'create', 'patch', 'delete'];
const plainResources = Object.keys(resources) as PlainResource[];

/** The rules that an app needs for what it has declared, and nothing more. */
export function policyRulesOf(access: ClusterAccess): readonly PolicyRule[] {
  return [
    ...plainResources.flatMap((name) => rulesOf(resources[name], access[name])),
    ...ScalableKind.options.flatMap((kind) => rulesOf(workloadResources[kind], access.workloads?.[kind])),
    ...Object.entries(access.serves ?? {}).map(([group, why]) => urlRule(groupPath(group), { serves: why })),
    ...(access.version === undefined ? [] : [urlRule('/version', { version: access.version })]),
  ];
}

function rulesOf(
  definition: ResourceDefinition<KubernetesObject>,
  uses: Uses<PodCall | ScalableCall> = {},
): PolicyRule[] {
  const { scale, exec, ...plain } = uses;
  const parts = Object.entries({ scale, exec }).filter(
    (part): part is [keyof typeof subresources, string] => part[1] !== undefined,
  );
  const verbs = new Set(Object.keys(plain).flatMap((call) => verbsOf[call as keyof typeof verbsOf]));
  const { plural } = definition;
  const [group = ''] = definition.apiVersion.includes('/') ? definition.apiVersion.split('/') : [];
  const rule = (resource: string, names: readonly string[], declared: Uses<string>): PolicyRule[] =>
    names.length === 0 ? [] : [{ uses: declared, apiGroups: [group], resources: [resource], verbs: names }];
  return [
    ...rule(
      plural,
      order.filter((verb) => verbs.has(verb)),
      plain,
    ),
    ...parts.flatMap(([name, why]) => rule(`${plural}/${name}`, subresources[name], { [name]: why })),
  ];
}

const urlRule = (url: string, uses: Uses<string>): PolicyRule => ({ uses, nonResourceURLs: [url], verbs: ['get'] });
