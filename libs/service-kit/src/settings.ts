import { DeviceId } from '@snapfleet/contracts';
import { z } from 'zod';
import { readNkeySeed, tlsOptions } from '@snapfleet/nats-access';

const seedSetting = 'SNAPFLEET_NATS_NKEY_SEED_FILE';

/** The settings that every service of a device has, also one without messages, as environment variables. */
export const serviceSettings = z.object({
  SNAPFLEET_DEVICE: DeviceId.describe('name of the device; part of every subject'),
  SNAPFLEET_HTTP_HOST: z.string().min(1).max(253).default('127.0.0.1').describe('address of /healthz and /readyz'),
  SNAPFLEET_HTTP_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(0)
    .describe('0: any free port, told in the log'),
  SNAPFLEET_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});
export type ServiceSettings = z.infer<typeof serviceSettings>;

/** The settings of a service that takes messages. */
export const baseSettings = z.object({
  ...serviceSettings.shape,
  SNAPFLEET_NATS_URL: z
    .string()
    .regex(
      /^(nats|tls):\/\/[^\s,@]+(,(nats|tls):\/\/[^\s,@]+)*$/,
      'must be nats://host:port or tls://host:port, or several with "," between, without user or password',
    )
    .default('nats://127.0.0.1:4222')
    .describe('the nats-server of the device'),
  SNAPFLEET_NATS_CA_FILE: z
    .string()
    .regex(/^\/.{0,4095}$/, 'must be an absolute path')
    .optional()
    .describe(
      'file with the certificates of the authorities that may sign that of the nats-server, for tls://; default: those of Node.js',
    ),
  SNAPFLEET_NATS_TOKEN: z.string().min(1).max(512).optional().describe('token for the nats-server'),
  SNAPFLEET_NATS_NKEY_SEED_FILE: z
    .string()
    .regex(/^\/.{0,4095}$/, 'must be an absolute path')
    .optional()
    .describe("file with the seed of the service's nkey, readable by its user only; in place of the token"),
});
export type BaseSettings = z.infer<typeof baseSettings>;

/**
 * Where a service finds its nats-server, in the form in which the messaging library takes it.
 * @throws SnapfleetError when the seed of the nkey cannot be read or can be read by others, or a certificate cannot be read
 */
export function natsConnection(settings: BaseSettings): {
  readonly device: DeviceId;
  readonly servers: readonly string[];
  readonly caFile: string | undefined;
  readonly token: string | undefined;
  readonly nkeySeed: (() => Uint8Array) | undefined;
} {
  const seedFile = settings.SNAPFLEET_NATS_NKEY_SEED_FILE;
  if (seedFile !== undefined) readNkeySeed(seedFile, seedSetting);
  const servers = settings.SNAPFLEET_NATS_URL.split(',');
  const caFile = settings.SNAPFLEET_NATS_CA_FILE;
  tlsOptions({ servers, caFile }, 'SNAPFLEET_NATS_CA_FILE');
  return {
    device: settings.SNAPFLEET_DEVICE,
    servers,
    caFile,
    token: settings.SNAPFLEET_NATS_TOKEN,
    nkeySeed: seedFile === undefined ? undefined : () => readNkeySeed(seedFile, seedSetting),
  };
}

/**
 * Reads the settings of a service. An empty variable counts as not set.
 * @throws Error naming each wrong variable and the rule that it breaks; never its value, which may be a secret
 */
export function readSettings<Schema extends z.ZodType>(
  schema: Schema,
  environment: Readonly<Record<string, string | undefined>>,
): z.infer<Schema> {
  const set = Object.entries(environment).filter(([, value]) => value !== undefined && value !== '');
  const settings = schema.safeParse(Object.fromEntries(set));
  if (settings.success) return settings.data;
  const wrong = settings.error.issues.map((issue) => {
    const name = issue.path.map(String).join('.');
    const missing = name !== '' && !set.some(([key]) => key === name);
    return `${name}: ${missing ? 'must be set' : issue.message}`;
  });
  throw new Error(`Wrong settings. ${wrong.join('; ')}`);
}
