import { Module, type DynamicModule } from '@nestjs/common';
import { ServiceLog } from '@snapfleet/service-kit';
import { setTimeout as sleep } from 'node:timers/promises';
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
import { lvm } from './privileged/allowed-commands.js';
import { BlkidProbe } from './privileged/blkid-probe.js';
import { takeOverEarlierCommands } from './privileged/earlier-commands.js';
import { failpointOf, noFailpoint } from './privileged/failpoint.js';
import { HangingCommands } from './privileged/hanging-commands.js';
import { KernelLog, readKernelLog } from './privileged/kernel-log.js';
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
import { LvmdConfigurationFile, lvmdConfigurations } from './survey/lvmd-configuration-file.js';
import { SurveyVolumes } from './survey/survey-volumes.use-case.js';
import { VolumeController } from './volume.controller.js';
import { FreezeJournal } from './writers/freeze-journal.js';
import { FreezeWriters } from './writers/freeze-writers.use-case.js';
import { WritersController } from './writers/writers.controller.js';

const partsToken = Symbol('host-lvm.parts');
type Parts = Awaited<ReturnType<typeof assemble>>;

/** Puts the service together; takes the state directory, or throws when another host-lvm has it. */
async function assemble(settings: HostSettings, log: ServiceLog) {
  await takeStateDirectory(settings.SNAPFLEET_STATE_DIR);
  const failpoint =
    settings.SNAPFLEET_FAILPOINT === undefined ? noFailpoint : failpointOf(settings.SNAPFLEET_FAILPOINT);
  const journal = await LeaseJournal.open(settings.SNAPFLEET_STATE_DIR, failpoint);
  const hanging = new HangingCommands();
  const deadlineMs = settings.SNAPFLEET_LVM_DEADLINE_SECONDS * 1000;
  const programs = createPrivilegedPrograms({ deadlineMs, hanging, failpoint });
  const lock = new ExposureLock();
  const freezes = await FreezeJournal.open(settings.SNAPFLEET_STATE_DIR);
  const watchdogs = new ThawWatchdogs(programs);
  const writers = new FreezeWriters({ cgroups: podCgroups, watchdogs, journal: freezes, lock, log });
  // Before all else: what an earlier run has frozen waits for no command that hangs.
  await writers.sweep();
  const earlier = await takeOverEarlierCommands(hanging);
  if (earlier.count > 0) log.warn('commands.hanging', { lvm: hanging.about(lvm), count: earlier.count });
  const queue = new LvmQueue(programs, hanging);
  const groups = settings.SNAPFLEET_VOLUME_GROUPS;
  const volumes = new LvmVolumes(queue, groups);
  const lvmd = new LvmdConfigurationFile(
    settings.SNAPFLEET_LVMD_CONFIG === undefined ? lvmdConfigurations : [settings.SNAPFLEET_LVMD_CONFIG],
  );
  const holders = new MountHolders(programs, {
    runDirectory: settings.SNAPFLEET_RUN_DIR,
    readerUid: settings.SNAPFLEET_READER_UID,
    readerGid: settings.SNAPFLEET_READER_GID,
  });
  const leases = new LeaseTable();
  const endExposure = new EndExposure(volumes, leases, journal, log);
  const conceal = new ConcealVolume(leases, lock, endExposure, log);
  const shared = { volumes, holders, leases, journal, lock, log };
  const kernelLog = readKernelLog();
  if (kernelLog === undefined) log.warn('kernel-log.unreadable', { because: 'damage of ext4 may go unseen' });
  const filesystemErrors = new KernelLog(kernelLog);
  const probe = new BlkidProbe(programs);
  const expose = new ExposeVolume({ ...shared, probe, filesystemErrors, endExposure, conceal });
  const sweep = new SweepLeftovers(shared);
  const survey = new SurveyVolumes(volumes, lvmd, groups);
  const removals = await RemovalJournal.open(settings.SNAPFLEET_STATE_DIR);
  const inventory = new InventoryVolumes(volumes, leases, journal);
  const settleRemovals = new SettleRemovals(removals, volumes, lock, log);
  const destroy = new DestroyVolume({
    ...shared,
    leaseJournal: journal,
    removals,
    settle: settleRemovals,
    now: () => new Date(),
    sleep,
  });
  const lifetimeOptions = {
    sweepEveryMs: settings.SNAPFLEET_SWEEP_SECONDS * 1000,
    earlierCommands: earlier.count > 0 ? earlier.ended : undefined,
  };
  const lifetime = new HostLifetime(
    { sweep, conceal, writers, settleRemovals, journal, volumes },
    lifetimeOptions,
    log,
  );
  const renew = new RenewLease(leases);
  return { queue, volumes, leases, survey, expose, conceal, writers, renew, inventory, destroy, lifetime };
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
        part(SurveyVolumes, (parts) => parts.survey),
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
