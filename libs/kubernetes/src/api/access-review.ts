import { z } from 'zod';
import type { Cluster } from '../cluster.js';
import type { ApiConnection } from './api-connection.js';

/** Something that may be done in a namespace. */
export interface Access {
  readonly namespace: string;
  readonly verb: 'get' | 'create';
  readonly resource: string;
  readonly subresource?: string;
}

const Review = z.looseObject({ status: z.looseObject({ allowed: z.boolean() }) });

/** Asks the API server whether its client may do this; nothing is changed by the question. @throws KubernetesApiError */
export function reviewAccess(connection: ApiConnection): Cluster['allows'] {
  return async (access, { signal } = {}) => {
    const answer = await connection.send({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: access },
      },
      signal,
    });
    return Review.parse(answer).status.allowed;
  };
}
