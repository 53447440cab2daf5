import { afterAll, beforeAll } from 'vitest';
import { HostUnderTest } from './host-under-test.js';

/** Runs suites on one host, which is made for them with host-lvm started, one after the other. */
export function describeOnHost(suites: readonly ((use: () => HostUnderTest) => void)[]): void {
  let host: HostUnderTest | undefined;
  beforeAll(async () => {
    host = await HostUnderTest.create();
  });
  afterAll(async () => {
    await host?.destroy();
  });
  const use = (): HostUnderTest => {
    if (host === undefined) throw new Error('the guest did not boot');
    return host;
  };
  for (const suite of suites) suite(use);
}
