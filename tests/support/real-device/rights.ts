import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { ApiRequests } from './api-requests.js';
import { appNamespace, rbacObjects } from './app-access.js';

const Rules = z.array(
  z.object({
    apiGroups: z.array(z.string()).default([]),
    resources: z.array(z.string()).default([]),
    nonResourceURLs: z.array(z.string()).default([]),
    verbs: z.array(z.string()),
    /** A rule for some names only. */
    resourceNames: z.array(z.string()).default([]),
  }),
);
const Review = z.object({
  status: z.object({ resourceRules: Rules, nonResourceRules: Rules, incomplete: z.boolean() }),
});
const AuditEvent = z.object({
  user: z.object({ username: z.string() }),
  verb: z.string(),
  requestURI: z.string(),
  objectRef: z
    .object({ resource: z.string(), apiGroup: z.string().default(''), subresource: z.string().optional() })
    .optional(),
});

/** A right in words, such as `patch apps/deployments/scale` or `get /version`. */
export type Right = string;

const sorted = (rights: readonly Right[]): Right[] => [...new Set(rights)].sort();
const ofResource = (verb: string, group: string, resource: string): Right =>
  `${verb} ${group === '' ? '' : `${group}/`}${resource}`;

function rightsOf(rules: z.infer<typeof Rules>): Right[] {
  return rules.flatMap(({ verbs, apiGroups, resources, nonResourceURLs, resourceNames }) =>
    verbs.flatMap((verb) =>
      [
        ...nonResourceURLs.map((url) => `${verb} ${url}`),
        ...apiGroups.flatMap((group) => resources.map((resource) => ofResource(verb, group, resource))),
      ].map((right) => (resourceNames.length === 0 ? right : `${right} ${resourceNames.join(',')}`)),
    ),
  );
}

/** What the ClusterRole of an app's manifest says. */
export function declaredRights(app: string): Right[] {
  const roles = rbacObjects(app).filter(({ kind }) => kind === 'ClusterRole');
  return sorted(roles.flatMap((role) => rightsOf(Rules.parse(role['rules']))));
}

/** What the API server itself says that a user may do: in every namespace, and in one that nobody made. */
export async function effectiveRights(requests: ApiRequests): Promise<Right[]> {
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectRulesReview',
    spec: { namespace: appNamespace },
  };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
  const { resourceRules, nonResourceRules, incomplete } = Review.parse(await requests.post(path, body)).status;
  if (incomplete) throw new Error('the API server does not know all rules');
  return sorted(rightsOf([...resourceRules, ...nonResourceRules]));
}

/**
 * What the ServiceAccount of an app has asked for so far, granted or not, as the API server's audit log has it. A list of one
 * object by its name is the beginning of a wait: the watch that belongs to it is left out where the wait is over at once.
 */
export function usedRights(auditLogPath: string, app: string): Right[] {
  const username = `system:serviceaccount:${appNamespace}:${app}`;
  const lines = readFileSync(auditLogPath, 'utf8').trim().split('\n');
  const events = lines.map((line) => AuditEvent.parse(JSON.parse(line)));
  return sorted(
    events
      .filter(({ user }) => user.username === username)
      .flatMap(({ verb, objectRef, requestURI }) => {
        const url = new URL(requestURI, 'https://device');
        if (objectRef === undefined) return [`${verb} ${url.pathname}`];
        const { resource, apiGroup, subresource } = objectRef;
        const name = subresource === undefined ? resource : `${resource}/${subresource}`;
        // A WebSocket is opened by GET; from 1.35 on the API server asks for `create` as well, and does not log that.
        if (name === 'pods/exec') return ['get pods/exec', 'create pods/exec'];
        const waits = verb === 'list' && url.searchParams.get('fieldSelector')?.startsWith('metadata.name=') === true;
        return (waits ? [verb, 'watch'] : [verb]).map((used) => ofResource(used, apiGroup, name));
      }),
  );
}
