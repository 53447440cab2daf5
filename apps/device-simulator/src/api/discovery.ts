import { apiVersionOf, type ResourceType } from '../store/resource-type.js';
import { allTypes } from '../store/resource-types.js';

/** The version that the device says it has: what its answers are compared with in the conformance suite. */
export const kubernetesVersion = 'v1.37.2';

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

function resourcesOf(type: ResourceType): object[] {
  const { namespaced, kind, plural } = type;
  const one = { name: plural, singularName: kind.toLowerCase(), namespaced, kind, verbs };
  const subresources = type.subresources.map((subresource) => ({
    name: `${plural}/${subresource}`,
    singularName: '',
    namespaced,
    ...(subresource === 'scale' ? { group: 'autoscaling', version: 'v1', kind: 'Scale' } : { kind }),
    verbs: ['get', 'patch', 'update'],
  }));
  return [one, ...subresources];
}

function groupsOf(): object[] {
  const groups = [...new Set(allTypes.map(({ group }) => group).filter((group) => group !== ''))];
  return groups.map((name) => {
    const versions = [...new Set(allTypes.filter(({ group }) => group === name).map(({ version }) => version))].map(
      (version) => ({ groupVersion: `${name}/${version}`, version }),
    );
    return { name, versions, preferredVersion: versions[0] };
  });
}

function resourceList(groupVersion: string): object | undefined {
  const served = allTypes.filter((type) => apiVersionOf(type) === groupVersion);
  if (served.length === 0) return undefined;
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: served.flatMap(resourcesOf) };
}

/** The answer of API discovery for a path, or undefined where the path is no discovery. */
export function discover(path: string): object | undefined {
  const clean = path.replace(/\/$/, '');
  if (clean === '/api') {
    return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  }
  if (clean === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupsOf() };
  if (clean === '/version') {
    const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(kubernetesVersion) ?? [];
    return { major, minor, gitVersion: kubernetesVersion, gitCommit: '', platform: 'snapfleet/embedded' };
  }
  const version = /^\/(?:api|apis)\/([^/]+(?:\/[^/]+)?)$/.exec(clean)?.[1];
  return version === undefined ? undefined : resourceList(version);
}
