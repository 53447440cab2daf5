import { z } from 'zod';
import { badRequest } from '../store/api-error.js';

/** Where a client asks whether it may do something. */
export const accessReviewPath = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

const Review = z.looseObject({ spec: z.looseObject({ resourceAttributes: z.looseObject({}).optional() }) });

/** The holder of the one token of an embedded device may do everything. @throws ApiError 400 */
export function reviewAccess(body: unknown): object {
  const review = Review.safeParse(body);
  if (!review.success) throw badRequest(`SelfSubjectAccessReview cannot be read: ${z.prettifyError(review.error)}`);
  return {
    kind: 'SelfSubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec: review.data.spec,
    status: { allowed: true },
  };
}
