import { Inject, Injectable, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { ServiceLog } from '@snapfleet/service-kit';
import { poolBytes, type DeviceSimulatorSettings } from './config.js';
import { EmbeddedDevice } from './embedded-device.js';
import { HostPools } from './host/host-pools.js';
import { HostRemoval } from './host/host-removal.js';
import { HostVolumes } from './host/host-volumes.js';
import { InventoryController } from './host/inventory.controller.js';
import { VolumeController } from './host/volume.controller.js';
import { WriterFreezes } from './host/writer-freezes.js';
import { WritersController } from './host/writers.controller.js';

/** Stops the device when nothing asks it any more. */
@Injectable()
class DeviceLifetime implements OnApplicationShutdown {
  constructor(@Inject(EmbeddedDevice) private readonly device: EmbeddedDevice) {}

  async onApplicationShutdown(): Promise<void> {
    await this.device.stop();
  }
}

async function startDevice(settings: DeviceSimulatorSettings, log: ServiceLog): Promise<EmbeddedDevice> {
  const device = new EmbeddedDevice({
    stateDirectory: settings.SNAPFLEET_STATE_DIR,
    apiPort: settings.SNAPFLEET_API_PORT,
    deviceClasses: [
      { name: 'default', type: 'thick', sizeBytes: poolBytes(settings), overprovisionRatio: 1 },
      {
        name: 'thin',
        type: 'thin',
        sizeBytes: poolBytes(settings),
        overprovisionRatio: settings.SNAPFLEET_OVERPROVISION_RATIO,
      },
    ],
    onUnexpected: (where, error) => {
      log.error('device.unexpected', { where, error });
    },
  });
  await device.start();
  if (settings.SNAPFLEET_DEMO === 'true') device.seedDemo();
  log.info('device.started', { kubeconfig: device.kubeconfigPath, api: device.apiUrl });
  return device;
}

/** Wires an embedded device as a service; nothing is decided here. */
@Module({})
export class AppModule {
  static with(settings: DeviceSimulatorSettings): DynamicModule {
    return {
      module: AppModule,
      controllers: [VolumeController, InventoryController, WritersController],
      providers: [
        { provide: EmbeddedDevice, useFactory: (log: ServiceLog) => startDevice(settings, log), inject: [ServiceLog] },
        {
          provide: HostVolumes,
          useFactory: (device: EmbeddedDevice) => new HostVolumes(device),
          inject: [EmbeddedDevice],
        },
        {
          provide: HostPools,
          useFactory: (device: EmbeddedDevice, volumes: HostVolumes) => new HostPools(device, volumes),
          inject: [EmbeddedDevice, HostVolumes],
        },
        WriterFreezes,
        {
          provide: HostRemoval,
          useFactory: (device: EmbeddedDevice) => new HostRemoval(device),
          inject: [EmbeddedDevice],
        },
        DeviceLifetime,
      ],
    };
  }
}
