/**
 * The configuration of a device's nats-server: one nkey for each identity, with the permissions that the contracts' flow
 * table gives it. Used by `npm run nats-config` and by the tests.
 */
import { nkeys } from '@nats-io/nats-core';
import {
  clientIdentities,
  identities,
  inboxPrefixOf,
  jetStreamDomain,
  permissionsOf,
  type DeviceId,
  type Identity,
} from '@snapfleet/contracts';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the nats-server listens and keeps its data, and who may use it. */
export interface DeviceConfig {
  readonly device: DeviceId;
  /** Such as `127.0.0.1:4222`. */
  readonly listen: string;
  readonly storeDirectory: string;
  /** Files of a certificate and of its authority; the server then takes TLS connections only. */
  readonly tls?:
    { readonly certificate: string; readonly key: string; readonly authority?: string | undefined } | undefined;
}

/** The public key of each identity. */
export type PublicKeys = Readonly<Record<Identity, string>>;
/** The seed file of each identity. */
export type SeedFiles = Readonly<Record<Identity, string>>;

const list = (subjects: readonly string[]): string =>
  `[\n${subjects.map((subject) => `          ${JSON.stringify(subject)}\n`).join('')}        ]`;

function userOf(identity: Identity, device: DeviceId, nkey: string): string {
  const { publish, subscribe } = permissionsOf(identity, device, nkey);
  const deny = publish.deny.length === 0 ? '' : `\n        deny: ${list(publish.deny)}`;
  return `    # ${identity}
    {
      nkey: ${nkey}
      permissions: {
        publish: {
        allow: ${list(publish.allow)}${deny}
        }
        subscribe: {
        allow: ${list(subscribe.allow)}
        }
      }
    }`;
}

/** The text of the configuration; there is no secret in it. */
export function natsConfiguration(config: DeviceConfig, keys: PublicKeys): string {
  const { device, listen, storeDirectory, tls } = config;
  const tlsBlock = tls && `tls { cert_file: ${JSON.stringify(tls.certificate)}, key_file: ${JSON.stringify(tls.key)} }`;
  return `# Made by npm run nats-config; make it again when Snapfleet is updated.
listen: ${JSON.stringify(listen)}
server_name: ${JSON.stringify(device)}
# Far more than the services and clients of one device use.
max_connections: 256
max_subscriptions: 1024
jetstream {
  domain: ${JSON.stringify(jetStreamDomain)}
  store_dir: ${JSON.stringify(storeDirectory)}
  # Acknowledged is on disk.
  sync_interval: always
  max_file: 1GB
  max_mem: 64MB
}
${tlsBlock === undefined ? '' : `${tlsBlock}\n`}authorization {
  users: [
${identities.map((identity) => userOf(identity, device, keys[identity])).join('\n')}
  ]
}
`;
}

/** The public key of a seed file, which is made where there is none; another's key is never written over. */
async function publicKeyOf(file: string): Promise<string> {
  const made = nkeys.createUser();
  const seed = new TextDecoder().decode(made.getSeed());
  try {
    await writeFile(file, `${seed}\n`, { mode: 0o600, flag: 'wx' });
    return made.getPublicKey();
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST')) throw thrown;
  }
  const kept = (await readFile(file, 'ascii')).trim();
  return nkeys.fromSeed(new TextEncoder().encode(kept)).getPublicKey();
}

/** A context of the `nats` program: a client's answers come under its own inbox prefix, which the program must be told. */
function contextOf(config: DeviceConfig, seedFile: string, publicKey: string): string {
  const url = `${config.tls === undefined ? 'nats' : 'tls'}://${config.listen}`;
  const ca = config.tls?.authority;
  const context = { url, nkey: seedFile, inbox_prefix: inboxPrefixOf('client', publicKey), ...(ca && { ca }) };
  return `${JSON.stringify(context, null, 2)}\n`;
}

/**
 * Writes into a folder: `nats.conf`; `keys/<identity>.nk` for each identity that has none yet; and for each kind of client
 * `nats/context/<identity>.json`, so that with the folder as XDG_CONFIG_HOME and NATS_CONTEXT=client-operator the `nats`
 * program is that client.
 */
export async function writeDeviceConfig(
  directory: string,
  config: DeviceConfig,
): Promise<{ readonly configFile: string; readonly seedFiles: SeedFiles; readonly publicKeys: PublicKeys }> {
  const folder = join(directory, 'keys');
  await mkdir(folder, { recursive: true, mode: 0o711 });
  const fileOf = (identity: Identity): string => join(folder, `${identity}.nk`);
  const files = identities.map((identity) => [identity, fileOf(identity)] as const);
  const keys = await Promise.all(files.map(async ([identity, file]) => [identity, await publicKeyOf(file)] as const));
  const publicKeys = Object.fromEntries(keys) as PublicKeys;
  const configFile = join(directory, 'nats.conf');
  await writeFile(configFile, natsConfiguration(config, publicKeys));
  const contexts = join(directory, 'nats', 'context');
  await mkdir(contexts, { recursive: true });
  for (const identity of identities.filter((name) => name in clientIdentities)) {
    const context = contextOf(config, fileOf(identity), publicKeys[identity]);
    await writeFile(join(contexts, `${identity}.json`), context);
  }
  return { configFile, seedFiles: Object.fromEntries(files) as SeedFiles, publicKeys };
}
