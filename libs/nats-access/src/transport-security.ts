import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import type { TlsOptions } from '@nats-io/nats-core';
import { SnapfleetError } from '@snapfleet/contracts';

/** Where the servers are, and by whom their certificates have to be signed. */
export interface ServerTrust {
  /** All `nats://`, or all `tls://`. */
  readonly servers: readonly string[];
  /** File of certificates in PEM form: those of the authorities that are trusted, and no others then. */
  readonly caFile?: string | undefined;
}

const isTls = (server: string): boolean => server.startsWith('tls://');

/** Whether the connection is to be encrypted. */
export const asksForTls = ({ servers }: ServerTrust): boolean => servers.some(isTls);

/**
 * What a NATS client has to be told about TLS. With these options a server that offers none gets no word from the client,
 * and the certificate has to name the host of the address.
 * @param setting the name under which the file was given
 * @throws SnapfleetError `invalid_message` for addresses of both kinds or with a password, or a file that cannot serve
 */
export function tlsOptions(trust: ServerTrust, setting: string): { readonly tls?: TlsOptions } {
  const { servers, caFile } = trust;
  // An address is told in logs and errors. This one is not.
  if (servers.some((server) => server.includes('@'))) throw wrong('servers', 'must not contain a user or password');
  if (asksForTls(trust) && !servers.every(isTls)) {
    throw wrong('servers', 'must be all tls:// or all nats://', servers.join(', '));
  }
  if (caFile !== undefined) expectAuthorities(caFile, setting);
  if (!asksForTls(trust)) {
    if (caFile === undefined) return {};
    throw wrong(setting, 'is for tls:// addresses', servers.join(', '));
  }
  // The file is read at each connection, so that authorities can be changed.
  const options = { checkServerIdentity: identityCheck(servers), ...(caFile === undefined ? {} : { caFile }) };
  return { tls: options };
}

/**
 * For an address that is an IP the transport gives Node.js no name to compare with, and Node.js compares with `localhost`
 * (nats-io/nats.js 3.4.0, node_transport.ts, startTLS; tried): a certificate for `localhost` would be taken everywhere.
 */
function identityCheck(servers: readonly string[]): typeof checkServerIdentity {
  const hosts = servers.map((server) => new URL(server).hostname.replace(/^\[(.*)\]$/, '$1'));
  const addresses = hosts.filter((host) => isIP(host) !== 0);
  return (name: string, certificate: PeerCertificate): Error | undefined => {
    if (addresses.length === 0) return checkServerIdentity(name, certificate);
    const candidates = hosts.includes(name) ? [name, ...addresses] : addresses;
    const failures = candidates.map((candidate) => checkServerIdentity(candidate, certificate));
    return failures.includes(undefined) ? undefined : failures[0];
  };
}

function expectAuthorities(file: string, setting: string): void {
  let text: string;
  try {
    text = readFileSync(file, 'latin1');
  } catch (thrown) {
    throw wrong(setting, `cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`, file);
  }
  try {
    const begin = '-----BEGIN CERTIFICATE-----';
    const certificates = text.split(new RegExp(`(?=${begin})`)).filter((part) => part.startsWith(begin));
    if (certificates.length === 0) throw new Error('there is none in it');
    for (const certificate of certificates) new X509Certificate(certificate);
  } catch (cause) {
    throw wrong(setting, 'must hold certificates in PEM form', file, cause);
  }
}

function wrong(field: string, rule: string, value = '', cause?: unknown): SnapfleetError {
  const what = value === '' ? field : `${field} ${value}`;
  return new SnapfleetError('invalid_message', `${what}: ${rule}`, { field, rule, cause });
}
