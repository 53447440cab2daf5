import { SnapfleetError } from '@snapfleet/contracts';
import type { VolumeSnapshotClass } from '@snapfleet/kubernetes';
import { annotation, topolvmDriver } from '../marks/marks.js';

const namesOf = (classes: readonly VolumeSnapshotClass[]): string =>
  classes.map(({ metadata, driver }) => `${metadata.name} (${driver})`).join(', ') || 'none';

/**
 * The class that is named; without a name the default one of the driver, or its only one.
 * @throws SnapfleetError snapshot_class_not_found, snapshot_class_wrong_driver
 */
export function chooseSnapshotClass(
  classes: readonly VolumeSnapshotClass[],
  name: string | undefined,
): VolumeSnapshotClass {
  if (name !== undefined) return namedClass(classes, name);
  const ofDriver = classes.filter(({ driver }) => driver === topolvmDriver);
  const defaults = ofDriver.filter(
    ({ metadata }) => metadata.annotations?.[annotation.defaultSnapshotClass] === 'true',
  );
  const [only, ...others] = defaults.length > 0 ? defaults : ofDriver;
  if (only !== undefined && others.length === 0) return only;
  const why =
    only === undefined
      ? `no VolumeSnapshotClass has driver ${topolvmDriver}; there are: ${namesOf(classes)}`
      : `${String(others.length + 1)} VolumeSnapshotClasses are possible, so one has to be named: ${namesOf([only, ...others])}`;
  throw new SnapfleetError('snapshot_class_not_found', why);
}

function namedClass(classes: readonly VolumeSnapshotClass[], name: string): VolumeSnapshotClass {
  const found = classes.find(({ metadata }) => metadata.name === name);
  if (found === undefined) {
    const there = `there are: ${namesOf(classes)}`;
    throw new SnapfleetError('snapshot_class_not_found', `VolumeSnapshotClass ${name} does not exist; ${there}`);
  }
  if (found.driver !== topolvmDriver) {
    const what = `VolumeSnapshotClass ${name} has driver ${found.driver}, not ${topolvmDriver}`;
    throw new SnapfleetError('snapshot_class_wrong_driver', what);
  }
  return found;
}
