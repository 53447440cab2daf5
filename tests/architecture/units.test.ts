import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { identities } from '@snapfleet/contracts';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';

const deploy = fileURLToPath(new URL('../../deploy/systemd', import.meta.url));
const deadlineMs = 60_000;
const units = readdirSync(deploy).filter((name) => name.endsWith('.service'));
/** The most that `systemd-analyze security` may find, of 10: what each unit has now. */
const exposure: Readonly<Record<string, number>> = {
  'snapfleet-nats.service': 1.2,
  'snapfleet-orchestrator.service': 1.2,
  'snapfleet-cluster-operator.service': 1.3,
  'snapfleet-workload-guard.service': 1.3,
  'snapfleet-backup-worker.service': 2.5,
  'snapfleet-restore-verifier.service': 2.5,
  'snapfleet-host-lvm.service': 4.1,
};

let root: string;

/** A system with our units and stand-ins for the programs and targets that they name. */
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'snapfleet-units-'));
  const folder = join(root, 'usr/lib/systemd/system');
  cpSync(deploy, folder, { recursive: true });
  for (const target of ['sysinit', 'basic', 'network', 'shutdown', 'multi-user']) {
    writeFileSync(join(folder, `${target}.target`), `[Unit]\nDescription=${target}\n`);
  }
  for (const program of ['usr/bin/node', 'usr/bin/nats-server', 'bin/kill']) {
    mkdirSync(dirname(join(root, program)), { recursive: true });
    writeFileSync(join(root, program), '#!/bin/sh\n');
    chmodSync(join(root, program), 0o755);
  }
  mkdirSync(join(root, 'etc'));
  for (const name of ['passwd', 'group']) cpSync(`/etc/${name}`, join(root, 'etc', name));
  await systemd('systemd-sysusers', join(deploy, 'snapfleet.sysusers.conf'));
});

afterAll(() => {
  rmSync(root, { recursive: true });
});

async function systemd(program: string, ...words: readonly string[]) {
  return execa(program, [...words, `--root=${root}`], { all: true, reject: false, timeout: deadlineMs, cwd: '/' });
}

const textOf = (unit: string): string => readFileSync(join(deploy, unit), 'utf8');

test('systemd understands every line of the units', async () => {
  const { all, exitCode } = await systemd('systemd-analyze', 'verify', '--man=no', ...units, 'snapfleet.target');
  expect({ all, exitCode }).toEqual({ all: '', exitCode: 0 });
});

test.each(units)('%s is as closed as it was', async (unit) => {
  const { all } = await systemd('systemd-analyze', 'security', '--no-pager', '--offline=true', unit);
  const found = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(all)?.[1]);
  expect(found).toBeLessThanOrEqual(exposure[unit] ?? 0);
});

test('every service of a device has a unit, with the key of its own and no other where it speaks to NATS', () => {
  const services = identities.filter((identity) => !identity.startsWith('client-'));
  expect(units.toSorted()).toEqual(
    ['nats', 'workload-guard', ...services].map((name) => `snapfleet-${name}.service`).toSorted(),
  );
  for (const name of services) {
    const keys = textOf(`snapfleet-${name}.service`).match(/[\w-]+\.nk/g);
    expect(keys).toEqual([`${name}.nk`]);
  }
  const wanted = /^Wants=(.*)$/m.exec(textOf('snapfleet.target'))?.[1]?.split(' ');
  expect(wanted?.toSorted()).toEqual(units.toSorted());
});

test('no unit needs another one to start, and none is given up', () => {
  for (const unit of units) expect(textOf(unit)).not.toMatch(/^(Requires|BindsTo|Requisite|PartOf)=/m);
  expect(textOf('snapfleet-.service.d/10-hardening.conf')).toMatch(/^StartLimitIntervalSec=0\n[^]*^Restart=always$/m);
});

test('users and folders are those that the units expect', async () => {
  const passwd = readFileSync(join(root, 'etc/passwd'), 'utf8');
  for (const unit of units) {
    const user = /^User=(.*)$/m.exec(textOf(unit))?.[1];
    if (user !== undefined) expect(passwd).toMatch(new RegExp(`^${user}:`, 'm'));
  }
  // host-lvm leases volumes to this one.
  expect(passwd).toMatch(/^snapfleet-reader:x:64738:64738:/m);
  const { all, exitCode } = await systemd('systemd-tmpfiles', '--create', join(deploy, 'snapfleet.tmpfiles.conf'));
  expect({ all, exitCode }).toEqual({ all: '', exitCode: 0 });
  expect(readdirSync(join(root, 'var/lib/snapfleet/backups')).toSorted()).toEqual(['copy', 'restic']);
});
