import type { VolumeSnapshotClass } from '@snapfleet/kubernetes';
import { expect, test } from 'vitest';
import { chooseSnapshotClass } from './choose-snapshot-class.js';

function snapshotClass(name: string, driver = 'topolvm.io', isDefault = false): VolumeSnapshotClass {
  const annotations = { 'snapshot.storage.kubernetes.io/is-default-class': String(isDefault) };
  return { metadata: { name, uid: name, resourceVersion: '1', annotations }, driver, deletionPolicy: 'Delete' };
}
const other = snapshotClass('hostpath', 'hostpath.csi.k8s.io', true);
const chosen = (classes: readonly VolumeSnapshotClass[], name?: string): string =>
  chooseSnapshotClass(classes, name).metadata.name;

test('without a name the only class of the driver is taken, whatever other drivers have', () => {
  expect(chosen([other, snapshotClass('thin')])).toBe('thin');
});

test('without a name the default class of the driver is taken', () => {
  expect(chosen([snapshotClass('a'), snapshotClass('b', 'topolvm.io', true), other])).toBe('b');
});

test('without a name and with several possible classes the choice is left to the caller', () => {
  expect(() => chosen([snapshotClass('a'), snapshotClass('b')])).toThrow(
    expect.objectContaining({
      code: 'snapshot_class_not_found',
      message: expect.stringContaining('a (topolvm.io), b') as string,
    }),
  );
});

test('without any class of the driver those that exist are named', () => {
  expect(() => chosen([other])).toThrow(
    expect.objectContaining({
      code: 'snapshot_class_not_found',
      message: expect.stringContaining('hostpath') as string,
    }),
  );
});

test('a named class is taken although another one is the default', () => {
  expect(chosen([snapshotClass('a'), snapshotClass('b', 'topolvm.io', true)], 'a')).toBe('a');
});

test('a named class must exist and be of the driver', () => {
  expect(() => chosen([other], 'hostpath')).toThrow(expect.objectContaining({ code: 'snapshot_class_wrong_driver' }));
  expect(() => chosen([other], 'thin')).toThrow(expect.objectContaining({ code: 'snapshot_class_not_found' }));
});
