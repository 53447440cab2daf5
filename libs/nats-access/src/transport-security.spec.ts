import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PeerCertificate } from 'node:tls';
import { afterAll, expect, test } from 'vitest';
import { tlsOptions } from './transport-security.js';
import { expectAsked, trustFailure } from './trust-failure.js';

const directory = mkdtempSync(join(tmpdir(), 'snapfleet-tls-'));

afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** What Node.js asks when the certificate has these names; for an address it always asks for `localhost`. */
function isTaken(servers: readonly string[], asked: string, subjectaltname: string): boolean {
  const { tls } = tlsOptions({ servers }, 'CA_FILE');
  if (tls === undefined || !('checkServerIdentity' in tls)) throw new Error('no check');
  const check = tls.checkServerIdentity as (name: string, certificate: Partial<PeerCertificate>) => Error | undefined;
  return check(asked, { subjectaltname, subject: { CN: 'nats' } }) === undefined;
}

test.each([
  ['a name', ['tls://nats.example:4222'], 'nats.example', 'DNS:nats.example', true],
  ['another name', ['tls://nats.example:4222'], 'nats.example', 'DNS:other.example', false],
  [
    'the name of another server in the list',
    ['tls://a.example', 'tls://b.example'],
    'a.example',
    'DNS:b.example',
    false,
  ],
  ['an address', ['tls://192.0.2.7:4222'], 'localhost', 'IP Address:192.0.2.7', true],
  ['another address', ['tls://192.0.2.7:4222'], 'localhost', 'IP Address:192.0.2.8', false],
  ['localhost for an address', ['tls://192.0.2.7:4222'], 'localhost', 'DNS:localhost', false],
  ['localhost for loopback', ['tls://127.0.0.1:4222'], 'localhost', 'DNS:localhost', false],
  ['an address of version 6', ['tls://[2001:db8::7]:4222'], 'localhost', 'IP Address:2001:DB8:0:0:0:0:0:7', true],
  ['localhost by name', ['tls://localhost:4222'], 'localhost', 'DNS:localhost', true],
] as const)('a certificate for %s is taken: %5$s', (_title, servers, asked, names, taken) => {
  expect(isTaken(servers, asked, names)).toBe(taken);
});

test('without tls:// there are no options', () => {
  expect(tlsOptions({ servers: ['nats://127.0.0.1:4222'] }, 'CA_FILE')).toEqual({});
});

test.each([
  ['both kinds of addresses', { servers: ['tls://a:1', 'nats://b:1'] }, /all tls:\/\/ or all nats:\/\//],
  ['a password', { servers: ['tls://me:hunter2@a:1'] }, /^servers: must not contain a user or password$/],
  ['an authority for nats://', { servers: ['nats://a:1'], caFile: fileOf('-----BEGIN CERTIFICATE-----') }, /CA_FILE/],
  ['an authority that is not there', { servers: ['tls://a:1'], caFile: join(directory, 'absent') }, /cannot be read/],
  ['an authority that is none', { servers: ['tls://a:1'], caFile: fileOf('nothing') }, /must hold certificates/],
  ['a torn authority', { servers: ['tls://a:1'], caFile: fileOf('-----BEGIN CERTIFICATE-----\nA') }, /must hold/],
])('%s is refused', (_title, trust, message) => {
  expect(() => tlsOptions(trust, 'CA_FILE')).toThrow(message);
});

function fileOf(text: string): string {
  const path = join(directory, `${String(Math.random()).slice(2)}.pem`);
  writeFileSync(path, text);
  return path;
}

const tls = { servers: ['tls://a:1'] };
const plain = { servers: ['nats://a:1'] };
const failure = (code: string, text: string): Error => Object.assign(new Error(text), { code });

test.each([
  [
    'an unknown authority',
    failure('UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify; if the root CA …'),
    tls,
    /unable to verify \(/,
  ],
  ['another host', failure('ERR_TLS_CERT_ALTNAME_INVALID', 'not in the altnames'), tls, /altnames/],
  ['a wrong clock', failure('CERT_NOT_YET_VALID', 'certificate is not yet valid'), tls, /not yet valid/],
  ['no TLS there', new Error("server does not support 'tls'"), tls, /offers no TLS/],
  ['no TLS here', failure('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed'), plain, /must begin with tls:/],
] as const)('%s is told', (_title, thrown, trust, message) => {
  const told = trustFailure(thrown, trust);
  expect(told).toMatchObject({ code: 'server_not_trusted', cause: thrown });
  expect(told?.message).toMatch(message);
});

test('what has nothing to do with TLS is left to others', () => {
  expect(trustFailure(failure('ECONNREFUSED', 'refused'), tls)).toBeUndefined();
  expect(trustFailure(undefined, tls)).toBeUndefined();
});

test('a server that wants TLS is not talked to without being asked to', () => {
  expect(() => {
    expectAsked(plain, true);
  }).toThrow(/must begin with tls:/);
  expectAsked(plain, false);
  expectAsked(tls, true);
});
