import { SnapfleetError, SnapshotRemove } from '@snapfleet/contracts';
import { expect, test } from 'vitest';
import { ReleaseFinalizersUseCase, type FinalizerReport } from '../finalizer-release/release-finalizers.use-case.js';
import { never } from '../testing/samples.js';
import { RemoveOrReleaseUseCase } from './remove-or-release.use-case.js';
import { RemoveSnapshotUseCase } from './remove-snapshot.use-case.js';

const command = SnapshotRemove.data.parse(SnapshotRemove.example);
const pending = new SnapfleetError('snapshot_delete_pending', 'not gone after 300 s');
const proven: FinalizerReport = { finalizers: ['bound-protection'], blockedBy: [], released: false };

/** A removal that is pending until finalizers are released, and what the release finds; undefined: no VolumeSnapshot. */
function removal(report: FinalizerReport | undefined, error: SnapfleetError = pending, afterwards?: SnapfleetError) {
  const calls: string[] = [];
  let released = false;
  class Remove extends RemoveSnapshotUseCase {
    override run(): Promise<{ freed: boolean }> {
      calls.push('remove');
      if (!released) return Promise.reject(error);
      return afterwards === undefined ? Promise.resolve({ freed: true }) : Promise.reject(afterwards);
    }
  }
  class Release extends ReleaseFinalizersUseCase {
    override run({ dryRun }: { dryRun: boolean }): Promise<FinalizerReport | undefined> {
      calls.push(dryRun ? 'dry run' : 'release');
      if (report === undefined) return Promise.resolve(undefined);
      released = !dryRun && report.blockedBy.length === 0;
      return Promise.resolve({ ...report, released });
    }
  }
  const nowhere = undefined as never;
  const useCase = new RemoveOrReleaseUseCase(new Remove(nowhere), new Release(nowhere, () => new Date(0), nowhere));
  return { calls, useCase };
}

test('a VolumeSnapshot that will not go is explained, and its finalizers stay, unless the command says otherwise', async () => {
  const { calls, useCase } = removal(proven);
  await expect(useCase.run(command, never)).rejects.toThrow(/finalizers taken off \(bound-protection\)/);
  expect(calls).toEqual(['remove', 'dry run']);
});

test('with the word of the command and with proof the finalizers go, are named, and the removal is carried to its end', async () => {
  const { calls, useCase } = removal(proven);
  await expect(useCase.run({ ...command, releaseFinalizers: true }, never)).resolves.toEqual({
    freed: true,
    finalizersRemoved: ['bound-protection'],
  });
  expect(calls).toEqual(['remove', 'release', 'remove']);
});

test('finalizers that went are named also where the removal does not come to its end', async () => {
  const contentStays = new SnapfleetError('snapshot_delete_pending', 'content was not gone');
  const { useCase } = removal(proven, pending, contentStays);
  await expect(useCase.run({ ...command, releaseFinalizers: true }, never)).rejects.toMatchObject({
    code: 'snapshot_delete_pending',
    message: 'content was not gone; finalizers that were taken off: bound-protection',
  });
});

test('a content that will not go after its VolumeSnapshot is told as pending, which may be tried again', async () => {
  const { calls, useCase } = removal(undefined);
  for (const releaseFinalizers of [false, true])
    await expect(useCase.run({ ...command, releaseFinalizers }, never)).rejects.toMatchObject({
      code: 'snapshot_delete_pending',
      retryable: true,
    });
  expect(calls).toEqual(['remove', 'dry run', 'remove', 'remove', 'release', 'remove']);
});

test('without proof they stay, and the error says what refers to it', async () => {
  const { useCase } = removal({ ...proven, blockedBy: ['VolumeSnapshotContent content refers to it'] });
  const run = useCase.run({ ...command, releaseFinalizers: true }, never);
  await expect(run).rejects.toThrow(/must stay: VolumeSnapshotContent content refers to it/);
});

test('other errors are not about finalizers', async () => {
  const { calls, useCase } = removal(proven, new SnapfleetError('snapshot_in_use', 'being restored'));
  await expect(useCase.run({ ...command, releaseFinalizers: true }, never)).rejects.toThrow('being restored');
  expect(calls).toEqual(['remove']);
});
