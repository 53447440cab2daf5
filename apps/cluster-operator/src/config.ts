import { baseSettings, kubernetesSettings } from '@snapfleet/service-kit';
import { z } from 'zod';

/** The settings of the cluster operator, read from the environment. */
export const ClusterOperatorSettings = z.object({
  ...baseSettings.shape,
  ...kubernetesSettings.shape,
  SNAPFLEET_GUARD_SOCKET: z
    .string()
    .regex(/^\/.{1,106}$/, 'must be an absolute path of at most 107 characters')
    .default('/run/snapfleet/workload-guard/guard.sock')
    .describe('where workload-guard listens; without it no workload is taken away'),
  SNAPFLEET_CONSUMER_IMAGE: z
    .string()
    .min(1)
    .max(512)
    .default('registry.k8s.io/pause:3.10')
    .describe('image of the Pod that uses a restored volume when there is no assertion; it must run as any user'),
});
export type ClusterOperatorSettings = z.infer<typeof ClusterOperatorSettings>;
