import type { OrphanRecord } from '@snapfleet/client';
import type { Session } from '../session.js';

const answerWithinMs = 30_000;

/**
 * The orphans that are named by their ids or by the beginnings of them.
 * @throws SnapfleetError `orphan_not_found`, or `invalid_message` when a beginning fits several
 */
export async function findOrphans(session: Session, texts: readonly string[]): Promise<OrphanRecord[]> {
  const { client, library } = session;
  const { orphans } = await client.ask(library.OrphanList, {}, { deadlineMs: answerWithinMs });
  return texts.map((text) => {
    const [orphan, ...others] = orphans.filter(({ orphanId }) => text.length >= 4 && orphanId.startsWith(text));
    if (orphan === undefined) {
      throw new library.SnapfleetError('orphan_not_found', `no orphan of the last scan begins with "${text}"`);
    }
    if (others.length > 0) {
      throw new library.SnapfleetError('invalid_message', `${text} is the beginning of several orphans`, {
        field: 'orphanId',
        rule: 'must be the beginning of one id only',
      });
    }
    return orphan;
  });
}
