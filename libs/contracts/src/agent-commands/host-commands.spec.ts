import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VolumeConceal, VolumeExpose, VolumeLocate, VolumeRenew } from './host-commands.js';
import { VolumeSurvey } from './pool-commands.js';

const handle = '5b0a4c3e-7f2d-5c1a-9e8b-2f6d1c0b9a87';
const lease = 'backup-1';

/** What has been used to lead programs astray, in the place of a handle or a key. */
const hostile = [
  ...['', ' ', '-', '--', '..', '.', '/', '*', '%s', '~', '\0', '\n', '\u202e', '\ufeff', 'ｕｕｉｄ', '💾'],
  ...['--config=x', '-o', '../../etc/passwd', '/dev/mapper/control', 'rhel/thinpool', '@tag', 'lv_name=x || vg_name=y'],
  ...['$(reboot)', '`reboot`', '${IFS}', ';reboot', '|reboot', '&reboot', '"', "'", '\\', '<', '>'],
  ...[`${handle}\0`, `${handle}\n`, `\n${handle}`, ` ${handle}`, `${handle}/..`, `${handle}x`, handle.toUpperCase()],
  ...[handle.replaceAll('-', ''), handle.replace('-', '‐'), handle.replace('5', '٥'), `${lease}\n`, `${lease}\0`],
  ...['a'.repeat(4096), 'é'.repeat(128), 'A'.repeat(16)],
];

const places: readonly (readonly [string, (text: string) => boolean])[] = [
  ['volumeHandle of volume.locate', (text) => VolumeLocate.data.safeParse({ volumeHandle: text }).success],
  [
    'volumeHandle of volume.expose',
    (text) => VolumeExpose.data.safeParse({ ...VolumeExpose.example, volumeHandle: text }).success,
  ],
  ['volumeHandles of volume.survey', (text) => VolumeSurvey.data.safeParse({ volumeHandles: [handle, text] }).success],
  [
    'leaseKey of volume.expose',
    (text) => VolumeExpose.data.safeParse({ ...VolumeExpose.example, leaseKey: text }).success,
  ],
  ['leaseId of volume.renew', (text) => VolumeRenew.data.safeParse({ leaseId: text, leaseSeconds: 60 }).success],
  ['leaseId of volume.conceal', (text) => VolumeConceal.data.safeParse({ leaseId: text }).success],
];

describe.each(places)('%s', (place, accepts) => {
  const isHandle = place.startsWith('volumeHandle');

  it('takes what it is for', () => {
    expect(accepts(isHandle ? handle : lease)).toBe(true);
  });

  // A lease key may be any short word, and so may look like an option; it goes into no command.
  it.each(hostile.filter((text) => isHandle || !/^[a-z0-9-]{1,128}$/.test(text)))('refuses %j', (text) => {
    expect(accepts(text)).toBe(false);
  });

  it('takes nothing but short words of a-z, 0-9 and "-"', () => {
    const text = fc.array(fc.nat(0x10_ffff), { maxLength: 40 }).map((points) => String.fromCodePoint(...points));
    fc.assert(
      fc.property(text, (value) => {
        if (accepts(value)) expect(value).toMatch(/^[a-z0-9-]{1,128}$/);
      }),
    );
  });
});

it('a survey is of 1 to 16 volumes', () => {
  const accepts = (count: number): boolean =>
    VolumeSurvey.data.safeParse({ volumeHandles: Array.from({ length: count }, () => handle) }).success;
  expect([0, 1, 16, 17].map(accepts)).toEqual([false, true, true, false]);
});
