import { RealDevice } from '../support/real-device/real-device.js';
import type { ServiceName } from '../support/services.js';
import type { SnapfleetDevice } from '../support/snapfleet-device.js';
import { waitUntil } from '../support/wait-until.js';
import type { RealBlow, RealVictim, UnitVictim } from './real-blow.js';

const unitVictims: readonly string[] = ['host-lvm', 'backup-worker', 'restore-verifier'] satisfies UnitVictim[];

/** What runs beside the guest; the guest takes its own services along. */
const besideTheGuest: readonly ServiceName[] = ['orchestrator', 'cluster-operator', 'workload-guard'];

/** Does what a blow on the real device is; nobody helps what was killed, and did not come back by itself. */
export async function strikeReal(snapfleet: SnapfleetDevice, blow: RealBlow): Promise<void> {
  if (blow.kind === 'power-cut') return cutPowerAndStart(snapfleet);
  if (isUnit(blow.victim)) return killUnit(snapfleet, blow.victim);
  const device = realDevice(snapfleet);
  device.keepServersRunning();
  await device.kill9(blow.victim);
  // What the tests themselves ask is answered then.
  await device.apiServerIsReady();
}

function realDevice({ device }: SnapfleetDevice): RealDevice {
  if (device instanceof RealDevice) return device;
  throw new Error('the real device alone has servers that can be killed');
}

const isUnit = (victim: RealVictim): victim is UnitVictim => unitVictims.includes(victim);

/** Kills the process of a service, and not what it has started; systemd does the rest. */
async function killUnit({ systemd }: SnapfleetDevice, victim: UnitVictim): Promise<void> {
  const unit = `snapfleet-${victim}`;
  const restarts = (): Promise<string> => systemd.systemctl('show', '--value', '--property=NRestarts', unit);
  const before = await restarts();
  await systemd.systemctl('kill', '--kill-whom=main', '--signal=KILL', unit);
  const deadline = { deadlineMs: 60_000, pauseMs: 500 };
  await waitUntil(`systemd has started ${unit} again`, async () => (await restarts()) !== before, deadline);
}

async function cutPowerAndStart(snapfleet: SnapfleetDevice): Promise<void> {
  const { nats, systemd } = snapfleet;
  const device = realDevice(snapfleet);
  const services = besideTheGuest.map((name) => snapfleet.service(name));
  await Promise.all([...services.map((service) => service.kill9()), nats.kill9(), device.cutPower()]);
  await device.powerOn();
  await nats.restart();
  await systemd.boot();
  await snapfleet.startServices();
}
