import { SnapfleetError } from '@snapfleet/contracts';
import { asksForTls, type ServerTrust } from './transport-security.js';

/** Codes of OpenSSL's verification (Node.js, tls: X509 certificate error codes) and of Node.js itself. */
const ofCertificate =
  /^(CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(GET|VERIFY|DECRYPT|DECODE)_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)$|PATH_LENGTH_|ERROR_IN_CERT_)/;
const ofTransport = /^(ERR_SSL_|ERR_TLS_|EPROTO$)/;
const withoutTls = /server does not support 'tls'/;

const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';

/** What a connection failed for, where that is TLS; else undefined. */
export function trustFailure(thrown: unknown, trust: ServerTrust): SnapfleetError | undefined {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const code = codeOf(thrown);
  const servers = trust.servers.join(', ');
  const told = (why: string): SnapfleetError =>
    new SnapfleetError('server_not_trusted', `${servers}: ${why}`, { cause: thrown });
  if (withoutTls.test(text)) return told('the server offers no TLS, and tls:// asks for it');
  if (!ofCertificate.test(code) && !ofTransport.test(code)) return undefined;
  if (!asksForTls(trust)) return told('the server takes TLS connections only: the address must begin with tls://');
  // Node.js adds advice for programs that are not this one.
  return told(`${text.split('; if the root CA')[0] ?? ''} (${code})`);
}

/**
 * Refuses a server that takes TLS connections only where the address does not ask for TLS: the client has then used it, but
 * would also have talked to somebody who hides that the server wants it.
 * @throws SnapfleetError `server_not_trusted`
 */
export function expectAsked(trust: ServerTrust, serverRequiresTls: boolean): void {
  if (!serverRequiresTls || asksForTls(trust)) return;
  const why = 'the server takes TLS connections only: the address must begin with tls://';
  throw new SnapfleetError('server_not_trusted', `${trust.servers.join(', ')}: ${why}`);
}
