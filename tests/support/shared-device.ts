/** Several suites of one file on one device, where a device takes long to start. */
export class SharedDevice<Device extends { stop: () => Promise<void> }> {
  #device: Device | undefined;
  #stop: () => Promise<void> = () => Promise.resolve();

  constructor(private readonly startDevice: () => Promise<Device>) {}

  /** The device, started for whoever asks first. Suites stop what they have started: here that does nothing. */
  readonly start = async (): Promise<Device> => {
    if (this.#device !== undefined) return this.#device;
    const device = await this.startDevice();
    this.#stop = device.stop.bind(device);
    device.stop = () => Promise.resolve();
    this.#device = device;
    return device;
  };

  readonly use = (): Device => {
    if (this.#device === undefined) throw new Error('the device did not start');
    return this.#device;
  };

  /** Stops it, after the last suite. */
  readonly stop = (): Promise<void> => this.#stop();
}
