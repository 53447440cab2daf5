import { z } from 'zod';
import { timestamp } from './kube-object.js';

/** A condition in a status. */
export const Condition = z.looseObject({
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
  lastTransitionTime: z.string().nullish(),
});
export type Condition = z.infer<typeof Condition>;

/** The conditions with this one set; the time of its transition changes only with its status. */
export function withCondition(conditions: readonly Condition[] | undefined, condition: Condition): Condition[] {
  const present = (conditions ?? []).find(({ type }) => type === condition.type);
  const lastTransitionTime = present?.status === condition.status ? present.lastTransitionTime : timestamp();
  const next = { ...condition, lastTransitionTime };
  if (present === undefined) return [...(conditions ?? []), next];
  return (conditions ?? []).map((each) => (each === present ? next : each));
}

/** Whether the condition of this type is True. */
export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return (conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');
}
