import type { Session } from '../session.js';

const fullId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The id of a restore point that is named by its id or by the beginning of it.
 * @throws SnapfleetError `snapshot_not_found`, or `invalid_message` when the beginning fits several
 */
export async function findRestorePoint(session: Session, text: string): Promise<string> {
  const { client, library } = session;
  if (fullId.test(text)) return text;
  if (!/^[0-9a-f-]{4,35}$/.test(text)) {
    throw new library.SnapfleetError('invalid_message', `"${text}" is not the id of a restore point`, {
      field: 'restorePointId',
      rule: 'must be the id of a restore point, or at least 4 characters of its beginning',
    });
  }
  const { restorePoints } = await client.ask(library.SnapshotList, { limit: 100, includeDeleted: true });
  const ids = restorePoints.map((point) => point.restorePointId).filter((id) => id.startsWith(text));
  const [id, ...others] = ids;
  if (id === undefined) {
    throw new library.SnapfleetError('snapshot_not_found', `no restore point among the newest 100 begins with ${text}`);
  }
  if (others.length > 0) {
    throw new library.SnapfleetError('invalid_message', `${text} is the beginning of ${ids.join(', ')}`, {
      field: 'restorePointId',
      rule: 'must be the beginning of one id only',
    });
  }
  return id;
}
