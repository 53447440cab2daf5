import { Module, type DynamicModule } from '@nestjs/common';
import { ServiceLog } from '@snapfleet/service-kit';
import type { HostSettings } from './config.js';
import { ConcealVolume } from './exposure/conceal-volume.use-case.js';
import { EndExposure } from './exposure/end-exposure.js';
import { ExposeVolume } from './exposure/expose-volume.use-case.js';
import { ExposureLock } from './exposure/exposure-lock.js';
import { LeaseJournal } from './exposure/lease-journal.js';
import { LeaseTable } from './exposure/lease-table.js';
import { RenewLease } from './exposure/renew-lease.use-case.js';
import { takeStateDirectory } from './exposure/state-directory.js';
import { SweepLeftovers } from './exposure/sweep-leftovers.use-case.js';
import { HostLifetime } from './host-lifetime.js';
import { InventoryController } from './inventory.controller.js';
import { PoolController } from './pool.controller.js';
import { BlkidProbe } from './privileged/blkid-probe.js';
import { LvmQueue } from './privileged/lvm-queue.js';
import { LvmVolumes } from './privileged/lvm-volumes.js';
import { MountHolders } from './privileged/mount-holders.js';
import { podCgroups } from './privileged/pod-cgroups.js';
import { createPrivilegedPrograms } from './privileged/privileged-programs.js';
import { ThawWatchdogs } from './privileged/thaw-watchdogs.js';
import { DestroyVolume } from './removal/destroy-volume.use-case.js';
import { InventoryVolumes } from './removal/inventory-volumes.use-case.js';
import { RemovalJournal } from './removal/removal-journal.js';
import { SettleRemovals } from './removal/settle-removals.js';
import { VolumeController } from './volume.controller.js';
import { FreezeJournal } from './writers/freeze-journal.js';
import { FreezeWriters } from './writers/freeze-writers.use-case.js';
import { WritersController } from './writers/writers.controller.js';

const partsToken = Symbol('host-lvm.parts');
type Parts = Awaited<ReturnType<typeof assemble>>;

/** Puts the service together; takes the state directory, or throws when another host-lvm has it. */
async function assemble(settings: HostSettings, log: ServiceLog) {
  await takeStateDirectory(settings.SNAPFLEET_STATE_DIR);
  const journal = await LeaseJournal.open(settings.SNAPFLEET_STATE_DIR);
  const programs = createPrivilegedPrograms(settings.SNAPFLEET_LVM_DEADLINE_SECONDS * 1000);
  const queue = new LvmQueue(programs);
  const volumes = new LvmVolumes(queue, settings.SNAPFLEET_VOLUME_GROUPS);
  const holders = new MountHolders(programs, {
    runDirectory: settings.SNAPFLEET_RUN_DIR,
    readerUid: settings.SNAPFLEET_READER_UID,
    readerGid: settings.SNAPFLEET_READER_GID,
  });
  const leases = new LeaseTable();
  const lock = new ExposureLock();
  const endExposure = new EndExposure(volumes, leases, journal, log);
  const conceal = new ConcealVolume(leases, lock, endExposure, log);
  const shared = { volumes, holders, leases, journal, lock, log };
  const expose = new ExposeVolume({ ...shared, probe: new BlkidProbe(programs), endExposure, conceal });
  const sweep = new SweepLeftovers(shared);
  const freezes = await FreezeJournal.open(settings.SNAPFLEET_STATE_DIR);
  const watchdogs = new ThawWatchdogs(programs);
  const writers = new FreezeWriters({ cgroups: podCgroups, watchdogs, journal: freezes, lock, log });
  const lifetime = new HostLifetime({ sweep, conceal, writers, journal, volumes, log });
  const removals = await RemovalJournal.open(settings.SNAPFLEET_STATE_DIR);
  await new SettleRemovals(removals, volumes, log).run();
  const inventory = new InventoryVolumes(volumes, leases, journal);
  const destroy = new DestroyVolume({ ...shared, leaseJournal: journal, removals, now: () => new Date() });
  const renew = new RenewLease(leases);
  return { queue, volumes, leases, expose, conceal, writers, renew, inventory, destroy, lifetime };
}

/** host-lvm: the root side of a device, with a closed list of what it may do. */
@Module({})
export class AppModule {
  static forRoot(settings: HostSettings): DynamicModule {
    const part = <Value>(
      token: symbol | (abstract new (...args: never[]) => Value),
      pick: (parts: Parts) => Value,
    ) => ({
      provide: token,
      inject: [partsToken],
      useFactory: pick,
    });
    return {
      module: AppModule,
      controllers: [VolumeController, PoolController, InventoryController, WritersController],
      providers: [
        { provide: partsToken, inject: [ServiceLog], useFactory: (log: ServiceLog) => assemble(settings, log) },
        part(LvmQueue, (parts) => parts.queue),
        part(LvmVolumes, (parts) => parts.volumes),
        part(LeaseTable, (parts) => parts.leases),
        part(ExposeVolume, (parts) => parts.expose),
        part(ConcealVolume, (parts) => parts.conceal),
        part(FreezeWriters, (parts) => parts.writers),
        part(RenewLease, (parts) => parts.renew),
        part(InventoryVolumes, (parts) => parts.inventory),
        part(DestroyVolume, (parts) => parts.destroy),
        part(HostLifetime, (parts) => parts.lifetime),
      ],
      exports: [LvmQueue],
    };
  }
}
