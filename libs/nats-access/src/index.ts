export { readNkeySeed } from './nkey-seed.js';
export { asksForTls, tlsOptions, type ServerTrust } from './transport-security.js';
export { expectAsked, trustFailure } from './trust-failure.js';
