import type { ClusterAccess, ClusterOf } from '@snapfleet/kubernetes';

/** What only hooks need: a role of its own grants it where an administrator binds it. */
export const hooksAccess = {
  pods: { exec: 'the commands of hooks' },
} as const satisfies ClusterAccess;

/** The calls that hooks make beside that, which each app declares with its own words. */
interface CommonAccess {
  readonly pods: { readonly get: string; readonly patch: string };
  readonly allows: string;
}

/** The cluster as hooks see it. */
export type HooksCluster = ClusterOf<CommonAccess & typeof hooksAccess>;
