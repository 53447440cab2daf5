import { readFileSync, statSync } from 'node:fs';
import { nkeyAuthenticator, nkeys, type ConnectionOptions } from '@nats-io/nats-core';
import { inboxPrefixOf, SnapfleetError } from '@snapfleet/contracts';

const forOthers = 0o077;

function readSeed(file: string): Uint8Array {
  const wrong = (rule: string): SnapfleetError =>
    new SnapfleetError('invalid_message', `nkey seed file ${file}: ${rule}`, { field: 'nkeySeedFile', rule });
  let text: string;
  try {
    if ((statSync(file).mode & forOthers) !== 0) throw wrong('must not be readable by others (chmod 600)');
    text = readFileSync(file, 'ascii').trim();
  } catch (thrown) {
    if (thrown instanceof Error && 'syscall' in thrown) throw wrong(`cannot be read: ${thrown.message}`);
    throw thrown;
  }
  if (!/^SU[A-Z2-7]{56}$/.test(text)) throw wrong('must be the seed of a user nkey (SU…)');
  return new TextEncoder().encode(text);
}

/**
 * What a client with an nkey says at connecting. Its answers come where no other client may listen.
 * @throws SnapfleetError `invalid_message` naming the file and the rule that it breaks; never what is in it
 */
export function nkeyOptions(seedFile: string | undefined): ConnectionOptions {
  if (seedFile === undefined) return {};
  const publicKey = nkeys.fromSeed(readSeed(seedFile)).getPublicKey();
  return {
    authenticator: nkeyAuthenticator(() => readSeed(seedFile)),
    inboxPrefix: inboxPrefixOf('client', publicKey),
  };
}
