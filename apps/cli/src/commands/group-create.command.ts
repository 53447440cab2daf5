import { type Command, InvalidArgumentError } from 'commander';
import { examples } from '../input/examples.js';
import { parseVolume, type Volume } from '../input/parse-arguments.js';
import type { Runtime } from '../runtime.js';
import { inSession, type Session } from '../session.js';
import { addMakingOptions, type MakingOptions, requestFrom, showMaking } from './making.js';

/** The volumes of a group are of one namespace, because the workload that they share is. */
function parseMember(text: string, before: readonly Volume[] = []): Volume[] {
  const volume = parseVolume(text);
  const [first] = before;
  if (first !== undefined && first.namespace !== volume.namespace)
    throw new InvalidArgumentError(`All volumes of a group are of one namespace; the first is of ${first.namespace}.`);
  return [...before, volume];
}

async function create(session: Session, volumes: readonly Volume[], options: MakingOptions): Promise<number> {
  const { client, library } = session;
  const handle = await client.send(library.GroupCreate, {
    namespace: volumes[0]?.namespace ?? '',
    persistentVolumeClaims: volumes.map(({ persistentVolumeClaim }) => persistentVolumeClaim),
    ...requestFrom(options),
  });
  return showMaking(session, handle, options, `Group ${handle.operationId}`);
}

/** `snapfleet group create` */
export function addGroupCreate(parent: Command, runtime: Runtime): void {
  const command = parent
    .command('create')
    .description('make restore points of several volumes of one application in one window: all of them or none')
    .argument('<namespace/claim...>', 'the volumes, such as shop/orders shop/invoices', parseMember);
  addMakingOptions(command);
  examples(command, [
    [
      'snapfleet group create shop/orders shop/invoices --quiesce statefulset/shop --mover restic --until proven',
      'stop the application once for both volumes',
    ],
    ['snapfleet group create shop/orders shop/invoices --quiesce statefulset/shop --level frozen', 'freeze it only'],
  ]).action((volumes: Volume[], options: MakingOptions) =>
    inSession(runtime, command, (session) => create(session, volumes, options)),
  );
}
