import { baseSettings } from '@snapfleet/service-kit';
import { z } from 'zod';

const gibibyte = 1 << 30;

/** The settings of an embedded device, read from the environment. */
export const DeviceSimulatorSettings = z.object({
  ...baseSettings.shape,
  SNAPFLEET_STATE_DIR: z
    .string()
    .regex(/^\/.{0,255}$/, 'must be an absolute path')
    .describe('directory of the kubeconfig and the volumes; volumes of an earlier run in it are removed'),
  SNAPFLEET_API_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(0)
    .describe('port of the Kubernetes API on 127.0.0.1; 0: any free port, written into the kubeconfig'),
  SNAPFLEET_POOL_GIB: z.coerce.number().int().min(1).max(1024).default(8).describe('size of the thin pool'),
  SNAPFLEET_OVERPROVISION_RATIO: z.coerce
    .number()
    .min(1)
    .max(100)
    .default(10)
    .describe('how many times its size the thin pool may promise'),
  SNAPFLEET_DEMO: z
    .enum(['true', 'false'])
    .default('false')
    .describe('whether namespace demo with Deployment notes and claim notes-data is there from the start'),
});
export type DeviceSimulatorSettings = z.infer<typeof DeviceSimulatorSettings>;

/** The pool's size in bytes. */
export function poolBytes(settings: DeviceSimulatorSettings): number {
  return settings.SNAPFLEET_POOL_GIB * gibibyte;
}
