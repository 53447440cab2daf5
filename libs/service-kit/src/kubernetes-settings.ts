import { z } from 'zod';

/** The settings of a service that uses the Kubernetes API. */
export const kubernetesSettings = z.object({
  SNAPFLEET_KUBECONFIG: z
    .string()
    .min(1)
    .optional()
    .describe("kubeconfig of the device's API server; default: the service account of the Pod it runs in"),
  SNAPFLEET_KUBERNETES_REQUEST_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(300)
    .default(30)
    .describe('how long one request to the API server may take'),
});
export type KubernetesSettings = z.infer<typeof kubernetesSettings>;

/** Where a service finds its API server, in the form in which libs/kubernetes takes it. */
export const kubernetesConnection = (
  settings: KubernetesSettings,
): { readonly kubeconfig: string | undefined; readonly requestDeadlineMs: number } => ({
  kubeconfig: settings.SNAPFLEET_KUBECONFIG,
  requestDeadlineMs: settings.SNAPFLEET_KUBERNETES_REQUEST_SECONDS * 1000,
});
