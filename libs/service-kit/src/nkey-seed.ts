import { readFileSync, statSync } from 'node:fs';

const forOthers = 0o077;

/**
 * Reads the seed of an nkey.
 * @throws Error naming the file and the rule that it breaks; never what is in it
 */
export function readNkeySeed(file: string): Uint8Array {
  const wrong = (rule: string): Error => new Error(`SNAPFLEET_NATS_NKEY_SEED_FILE ${file}: ${rule}`);
  let text: string;
  try {
    if ((statSync(file).mode & forOthers) !== 0) throw wrong('must not be readable by others (chmod 600)');
    text = readFileSync(file, 'ascii').trim();
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown) throw wrong(`cannot be read (${String(thrown.code)})`);
    throw thrown;
  }
  if (!/^SU[A-Z2-7]{56}$/.test(text)) throw wrong('must be the seed of a user nkey (SU…)');
  return new TextEncoder().encode(text);
}
