import { Controller } from '@nestjs/common';
import { type DataOf, type MessageOf, OrphanList, type OrphanRecord, type ReplyOf } from '@snapfleet/contracts';
import { QueryHandler } from '@snapfleet/messaging';
import { OrphanStore } from '../journal/orphan.store.js';
import { OrphanReconciler } from './orphan-reconciler.js';

const mostReplyCharacters = 128 * 1024;

/** Answers what is left over on the device. */
@Controller()
export class ListOrphansController {
  constructor(
    private readonly orphans: OrphanStore,
    private readonly reconciler: OrphanReconciler,
  ) {}

  @QueryHandler(OrphanList)
  async list({ data }: MessageOf<DataOf<typeof OrphanList>>): Promise<ReplyOf<typeof OrphanList>> {
    const { scannedAt, problem } = data.scan ? await this.reconciler.scanNow() : this.reconciler.lastScan;
    const wanted = this.orphans.all(new Date()).filter(({ owner }) => data.owner === undefined || owner === data.owner);
    return {
      ...(scannedAt === undefined ? {} : { scannedAt: scannedAt.toISOString() }),
      ...(problem === undefined ? {} : { problem }),
      orphans: withinReply(wanted.slice(0, data.limit)),
      total: wanted.length,
    };
  }
}

/** The first of them, as many as fit into one reply. */
function withinReply(records: readonly OrphanRecord[]): OrphanRecord[] {
  let characters = 0;
  return records.filter((record) => (characters += JSON.stringify(record).length) <= mostReplyCharacters);
}
