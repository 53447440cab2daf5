import { lstat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { z } from 'zod';
import type { Container, Pod } from '../model/pod.js';
import type { ThinPool } from '../storage/thin-pool.js';
import type { Objects } from '../store/objects.js';
import { types } from '../store/resource-types.js';

const VolumeMounts = z
  .array(z.looseObject({ name: z.string(), mountPath: z.string(), readOnly: z.boolean().optional() }))
  .nullish();

interface Mount {
  readonly mountPath: string;
  /** Where the volume is on this machine. */
  readonly directory: string;
  readonly readOnly: boolean;
}

/** A file that cannot be had, with the code of the system call that would say so. */
export class FileError extends Error {
  constructor(readonly code: 'ENOENT' | 'EROFS' | 'ENOTDIR') {
    super(code);
  }
}

/** The files that a container of an embedded device sees: those of its claims, and no others. */
export class ContainerFiles {
  readonly #mounts: readonly Mount[];

  constructor(objects: Objects, pool: ThinPool, pod: Pod, container: Container) {
    const mounts = VolumeMounts.parse(container['volumeMounts']) ?? [];
    this.#mounts = mounts.flatMap(({ name, mountPath, readOnly = false }) => {
      const directory = directoryOf(objects, pool, pod, name);
      return directory === undefined ? [] : [{ mountPath: posix.normalize(mountPath), directory, readOnly }];
    });
  }

  /**
   * Where a file is on this machine. Links are not followed, for a volume may hold one that leads out of it.
   * @throws FileError
   */
  async find(path: string, use: 'read' | 'write'): Promise<string> {
    const wanted = posix.normalize(posix.join('/', path));
    const mount = this.#mounts
      .filter(({ mountPath }) => wanted.startsWith(`${mountPath}/`))
      .toSorted((one, other) => other.mountPath.length - one.mountPath.length)[0];
    if (mount === undefined) throw new FileError('ENOENT');
    if (use === 'write' && mount.readOnly) throw new FileError('EROFS');
    const steps = wanted.slice(mount.mountPath.length + 1).split('/');
    let directory = mount.directory;
    for (const step of steps.slice(0, -1)) {
      directory = join(directory, step);
      if (!(await lstat(directory)).isDirectory()) throw new FileError('ENOTDIR');
    }
    return join(directory, steps.at(-1) ?? '');
  }
}

function directoryOf(objects: Objects, pool: ThinPool, pod: Pod, name: string): string | undefined {
  const claimName = pod.spec.volumes?.find((volume) => volume.name === name)?.persistentVolumeClaim?.claimName;
  if (claimName === undefined) return undefined;
  const claim = objects.get(types.claims, { namespace: pod.metadata.namespace, name: claimName });
  const volume = objects.get(types.volumes, { name: claim?.spec.volumeName ?? '' });
  return pool.find(volume?.spec.csi?.volumeHandle ?? '')?.path;
}
