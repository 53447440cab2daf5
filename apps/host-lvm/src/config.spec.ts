import { readSettings } from '@snapfleet/service-kit';
import { describe, expect, it } from 'vitest';
import { hostSettings } from './config.js';

const device = { SNAPFLEET_DEVICE: 'edge-1' };

describe('the settings', () => {
  it('have a default for all but the device', () => {
    expect(readSettings(hostSettings, device)).toMatchObject({
      SNAPFLEET_STATE_DIR: '/var/lib/snapfleet/host-lvm',
      SNAPFLEET_RUN_DIR: '/run/snapfleet/host-lvm',
      SNAPFLEET_READER_UID: 64_738,
      SNAPFLEET_LVM_DEADLINE_SECONDS: 60,
    });
    expect(readSettings(hostSettings, device).SNAPFLEET_VOLUME_GROUPS).toBeUndefined();
  });

  it('name the volume groups', () => {
    const settings = readSettings(hostSettings, { ...device, SNAPFLEET_VOLUME_GROUPS: 'rhel,data-1' });
    expect(settings.SNAPFLEET_VOLUME_GROUPS).toEqual(['rhel', 'data-1']);
  });

  it.each([
    ['SNAPFLEET_READER_UID', '0'],
    ['SNAPFLEET_RUN_DIR', '/run/../etc'],
    ['SNAPFLEET_STATE_DIR', 'relative'],
    ['SNAPFLEET_VOLUME_GROUPS', '--config=x'],
  ])('refuse %s=%s', (name, value) => {
    expect(() => readSettings(hostSettings, { ...device, [name]: value })).toThrow(name);
  });
});
