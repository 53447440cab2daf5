import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { SnapfleetError } from '@snapfleet/contracts';

const forOthers = 0o007;
const forGroupAndOthers = 0o077;

/**
 * In the folder of a unit's credentials systemd lets the service's user in by an access control list, whose mask stands
 * where the rights of the group are (systemd.exec(5), LoadCredential=).
 */
const isCredential = (file: string): boolean => dirname(file) === process.env['CREDENTIALS_DIRECTORY'];

/**
 * Reads the seed of an nkey.
 * @param setting the name under which the file was given
 * @throws SnapfleetError `invalid_message` naming the setting, the file and the rule that it breaks; never what is in it
 */
export function readNkeySeed(file: string, setting: string): Uint8Array {
  const wrong = (rule: string): SnapfleetError =>
    new SnapfleetError('invalid_message', `${setting} ${file}: ${rule}`, { field: setting, rule });
  let text: string;
  try {
    const forbidden = isCredential(file) ? forOthers : forGroupAndOthers;
    if ((statSync(file).mode & forbidden) !== 0) throw wrong('must not be readable by others (chmod 600)');
    text = readFileSync(file, 'ascii').trim();
  } catch (thrown) {
    if (thrown instanceof Error && 'syscall' in thrown) throw wrong(`cannot be read: ${thrown.message}`);
    throw thrown;
  }
  if (!/^SU[A-Z2-7]{56}$/.test(text)) throw wrong('must be the seed of a user nkey (SU…)');
  return new TextEncoder().encode(text);
}
