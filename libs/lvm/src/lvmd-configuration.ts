import type { DeviceClassFacts } from '@snapfleet/contracts';
import { parse } from 'yaml';
import { z } from 'zod';

const gibibyte = 2 ** 30;
const defaultSpareGiB = 10;
const groupName = z.string().min(1).max(127);

const common = {
  name: z
    .string()
    .max(63)
    .regex(/^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/),
  'volume-group': groupName,
  default: z.boolean().default(false),
};
const DeviceClass = z
  .discriminatedUnion('type', [
    z.object({
      ...common,
      type: z.literal('thin'),
      'thin-pool': z.object({ name: groupName, 'overprovision-ratio': z.number().min(1).max(1e6) }),
    }),
    z.object({
      ...common,
      type: z.enum(['thick', '']).optional(),
      'spare-gb': z.number().int().min(0).max(1e6).default(defaultSpareGiB),
    }),
  ])
  .transform((given): DeviceClassFacts => {
    const named = { name: given.name, volumeGroup: given['volume-group'], default: given.default };
    if (given.type !== 'thin') return { ...named, type: 'thick', spareBytes: given['spare-gb'] * gibibyte };
    const { name, 'overprovision-ratio': overprovisionRatio } = given['thin-pool'];
    return { ...named, type: 'thin', pool: name, overprovisionRatio };
  });
const Configuration = z.object({ 'device-classes': z.array(DeviceClass).min(1).max(64) });

/**
 * The device classes of an lvmd.yaml, by the rules of topolvm/topolvm internal/lvmd/device_class_manager.go; fields that
 * do not matter here are not looked at.
 * @throws Error saying what is wrong with it
 */
export function parseLvmdConfiguration(text: string): readonly DeviceClassFacts[] {
  // Go's yaml package, which lvmd uses, reads `yes` and `no` as YAML 1.1 does.
  const parsed = Configuration.safeParse(parse(text, { version: '1.1', logLevel: 'error' }));
  if (parsed.success) return parsed.data['device-classes'];
  const [issue] = parsed.error.issues;
  throw new Error(
    `${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? 'is not the configuration of lvmd'}`,
  );
}
