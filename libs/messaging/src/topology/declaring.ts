import { declaresTopology, services, type Party } from '@snapfleet/contracts';
import type { ConnectionOptions } from '../messaging-options.js';

/**
 * The parties whose consumers a service declares, together with the streams; undefined: it declares nothing and waits for
 * what is declared. Services that share a token declare their own; with a key each, one declares for all.
 */
export function partiesDeclaredBy({ party, nkeySeed }: ConnectionOptions): readonly Party[] | undefined {
  if (nkeySeed === undefined) return [party];
  return declaresTopology(party) ? services : undefined;
}
