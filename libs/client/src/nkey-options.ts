import { nkeyAuthenticator, nkeys, type ConnectionOptions } from '@nats-io/nats-core';
import { inboxPrefixOf } from '@snapfleet/contracts';
import { readNkeySeed } from '@snapfleet/nats-access';

const setting = 'nkeySeedFile';

/**
 * What a client with an nkey says at connecting. Its answers come where no other client may listen.
 * @throws SnapfleetError `invalid_message` naming the file and the rule that it breaks; never what is in it
 */
export function nkeyOptions(seedFile: string | undefined): ConnectionOptions {
  if (seedFile === undefined) return {};
  const publicKey = nkeys.fromSeed(readNkeySeed(seedFile, setting)).getPublicKey();
  return {
    authenticator: nkeyAuthenticator(() => readNkeySeed(seedFile, setting)),
    inboxPrefix: inboxPrefixOf('client', publicKey),
  };
}
