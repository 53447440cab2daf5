import fc from 'fast-check';
import type { RestorePointId } from '@snapfleet/contracts';
import { describe, expect, test } from 'vitest';
import { type CopyKind, OrchestratorUnderTest } from './orchestrator-under-test.js';

const verify = ['snapshot'];
const keepTwo = { retention: { keepLast: 2 }, movers: [], verify };

describe('a claim that was deleted and made again under its name', () => {
  test('the retention of the new one leaves all snapshots of the former one', async () => {
    const device = new OrchestratorUnderTest();
    const former = [await device.make(keepTwo), await device.make(keepTwo)];
    await device.prove(former[0] ?? fail(), 'snapshot');
    device.generation += 1;
    const made = [await device.make(keepTwo), await device.make(keepTwo), await device.make(keepTwo)];
    await device.prove(made[2] ?? fail(), 'snapshot');
    const left = [...device.copies].filter(([, copies]) => copies.has('snapshot')).map(([id]) => id);
    // The one of its own beyond the number waits for a verification, and goes after that.
    expect(left).toEqual([...former, ...made]);
    await device.prove(made[0] ?? fail(), 'snapshot');
    const after = [...device.copies].filter(([, copies]) => copies.has('snapshot')).map(([id]) => id);
    expect(after).toEqual([...former, ...made.slice(1)]);
  });

  test('its last verified copy is deleted only with the word for it, and the refusal says of which claim it is', async () => {
    const device = new OrchestratorUnderTest();
    const former = await device.make({ movers: [], verify });
    await device.prove(former, 'snapshot');
    const { claim } = device.restorePoints.find(former) ?? {};
    device.generation += 1;
    const made = await device.make({ movers: [], verify });
    await device.prove(made, 'snapshot');
    await expect(device.delete(former)).rejects.toMatchObject({
      code: 'last_good_copy',
      message: expect.stringContaining(claim?.uid ?? 'none') as unknown,
    });
    await device.delete(former, { allowLastGoodCopy: true });
    expect(device.copies.get(former)).toEqual(new Set());
  });

  test('a point whose claim is not known makes no other one go, and is not let go for another', async () => {
    const device = new OrchestratorUnderTest();
    const policy = { retention: { keepLast: 1 }, movers: [], verify };
    const unknown = [await device.make(policy), await device.make(policy)];
    unknown.forEach((id) => {
      device.forgetClaim(id);
    });
    for (const id of unknown) await device.prove(id, 'snapshot');
    const known = await device.make(policy);
    await device.prove(known, 'snapshot');
    for (const id of unknown) {
      expect(device.copies.get(id)).toEqual(new Set(['snapshot']));
      await expect(device.delete(id)).rejects.toMatchObject({ code: 'last_good_copy' });
    }
  });

  test('a pool guard that evicts takes only local snapshots whose own verified backup stays', async () => {
    const device = new OrchestratorUnderTest();
    const bare = await device.make({ movers: [], verify });
    await device.prove(bare, 'snapshot');
    const backed = await device.make({ verify: ['backup'] });
    await device.backUp(backed);
    await device.prove(backed, 'backup');
    device.generation += 1;
    device.poolIsFull = true;
    await device.make({ poolGuard: { whenFull: 'evict' } });
    expect([device.copies.get(bare), device.copies.get(backed)]).toEqual([new Set(['snapshot']), new Set(['backup'])]);
  });
});

const fail = (): never => {
  throw new Error('not made');
};

type Action =
  | { readonly kind: 'make-again' | 'pool-full' | 'pool-well' }
  | { readonly kind: 'make'; readonly keepLast: number; readonly unknown: boolean }
  | { readonly kind: 'back-up'; readonly which: number }
  | { readonly kind: 'prove'; readonly which: number; readonly level: CopyKind }
  | { readonly kind: 'delete'; readonly which: number; readonly deleteBackups: boolean };

const which = fc.nat(9);
const anyAction: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constantFrom('make-again' as const, 'pool-full' as const, 'pool-well' as const) }),
  fc.record({ kind: fc.constant('make' as const), keepLast: fc.integer({ min: 1, max: 2 }), unknown: rarely() }),
  fc.record({ kind: fc.constant('back-up' as const), which }),
  fc.record({
    kind: fc.constant('prove' as const),
    which,
    level: fc.constantFrom('snapshot' as const, 'backup' as const),
  }),
  fc.record({ kind: fc.constant('delete' as const), which, deleteBackups: fc.boolean() }),
);

function rarely(): fc.Arbitrary<boolean> {
  return fc.nat(5).map((number) => number === 0);
}

/** What is known of the copies without asking the orchestrator. */
class Witness {
  readonly device = new OrchestratorUnderTest();
  private readonly points: { readonly id: RestorePointId; readonly volume: string; readonly proven: Set<CopyKind> }[] =
    [];
  deletions = 0;

  async act(action: Action): Promise<void> {
    const { device } = this;
    const before = this.count();
    switch (action.kind) {
      case 'make-again':
        device.generation += 1;
        break;
      case 'pool-full':
      case 'pool-well':
        device.poolIsFull = action.kind === 'pool-full';
        break;
      case 'make':
        await this.make(action);
        break;
      default:
        await this.actOnOne(action);
    }
    if (this.count() < before) this.deletions += 1;
  }

  /** Volumes of which a copy was proven, and none of the proven ones is there. */
  lost(): string[] {
    const proven = this.points.filter((point) => point.proven.size > 0);
    const held = proven.filter(({ id, proven: levels }) =>
      [...levels].some((level) => this.device.copies.get(id)?.has(level)),
    );
    return [...new Set(proven.map(({ volume }) => volume))].filter((one) => held.every(({ volume }) => volume !== one));
  }

  private count(): number {
    return [...this.device.copies.values()].reduce((sum, copies) => sum + copies.size, 0);
  }

  private async make({ keepLast, unknown }: Extract<Action, { kind: 'make' }>): Promise<void> {
    const policy = { retention: { keepLast }, verify: ['snapshot', 'backup'], poolGuard: { whenFull: 'evict' } };
    const id = await this.device.make(policy);
    if (unknown) this.device.forgetClaim(id);
    this.points.push({ id, volume: unknown ? id : String(this.device.generation), proven: new Set() });
  }

  private async actOnOne(action: Extract<Action, { which: number }>): Promise<void> {
    const point = this.points[action.which % Math.max(1, this.points.length)];
    if (point === undefined) return;
    switch (action.kind) {
      case 'back-up':
        return this.device.backUp(point.id);
      case 'prove':
        if (await this.device.prove(point.id, action.level)) point.proven.add(action.level);
        return;
      case 'delete':
        // A refusal is what is looked for.
        return this.device.delete(point.id, { deleteBackups: action.deleteBackups }).catch(() => undefined);
    }
  }
}

test(
  'whatever is made, proven, deleted and evicted, no volume loses its last verified copy',
  { timeout: 120_000 },
  async () => {
    let deletions = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(anyAction, { minLength: 10, maxLength: 60 }), async (actions) => {
        const witness = new Witness();
        for (const action of actions) {
          await witness.act(action);
          expect(witness.lost(), JSON.stringify(action)).toEqual([]);
        }
        deletions += witness.deletions;
      }),
      { numRuns: 100 },
    );
    // Something was deleted, so that the property says something.
    expect(deletions).toBeGreaterThan(20);
  },
);
