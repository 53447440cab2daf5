import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLvmdConfiguration } from './lvmd-configuration.js';

const yaml = `
socket-name: /run/topolvm/lvmd.sock
device-classes:
  - name: default
    volume-group: rhel
    default: yes
    spare-gb: 0
    lvcreate-options: [--type=raid1]
  - name: thin
    volume-group: rhel
    type: thin
    spare-gb: 10
    thin-pool:
      name: thinpool
      overprovision-ratio: 2.5
  - {name: spare, volume-group: data, type: thick}
`;

describe('an lvmd.yaml', () => {
  it('tells the device classes as lvmd reads them', () => {
    expect(parseLvmdConfiguration(yaml)).toEqual([
      { type: 'thick', name: 'default', volumeGroup: 'rhel', default: true, spareBytes: 0 },
      { type: 'thin', name: 'thin', volumeGroup: 'rhel', default: false, pool: 'thinpool', overprovisionRatio: 2.5 },
      { type: 'thick', name: 'spare', volumeGroup: 'data', default: false, spareBytes: 10 * 2 ** 30 },
    ]);
  });

  it.each([
    ['', 'expected object'],
    ['device-classes: []', 'device-classes'],
    ['device-classes: [{name: a b, volume-group: x}]', 'device-classes.0.name'],
    ['device-classes: [{name: a}]', 'device-classes.0.volume-group'],
    ['device-classes: [{name: a, volume-group: x, type: thin}]', 'device-classes.0.thin-pool'],
    [
      'device-classes: [{name: a, volume-group: x, type: thin, thin-pool: {name: p, overprovision-ratio: 0.5}}]',
      'device-classes.0.thin-pool.overprovision-ratio',
    ],
    ['device-classes: [{name: a, volume-group: x, type: fat}]', 'device-classes.0.type'],
    ['{', ''],
    ['a: &a [*a]', ''],
    [`a: &a [x,x]\nb: &b [*a,*a]\n${'c: [*b,*b,*b,*b,*b,*b]\n'.replace('c', 'device-classes')}`, 'device-classes'],
  ])('is refused with what is wrong with it: %j', (text, said) => {
    expect(() => parseLvmdConfiguration(text)).toThrow(said);
  });

  it('is understood or refused, whatever it says', () => {
    const piece = fc.constantFrom(
      ...yaml.split(/(?<=[\n :[\],])/),
      '&a ',
      '*a ',
      '!!binary ',
      '? ',
      '|',
      '\0',
      '\t',
      '<<: ',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        try {
          expect(parseLvmdConfiguration(pieces.join('')).length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});
