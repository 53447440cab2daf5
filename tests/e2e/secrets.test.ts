/**
 * Secrets and data are planted, a whole procedure is run, and all that comes out of it is searched: logs, events, dead letters,
 * health, command lines and environments of processes, and the files that are left.
 */
import { KubeConfig } from '@kubernetes/client-node';
import {
  type CommandHandle,
  connectToDevice,
  type SnapfleetClient,
  SnapshotCreate,
  SnapshotRestore,
  SnapshotVerify,
} from '@snapfleet/client';
import { nkeyAuthenticator } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { type DataInputOf, DeviceId, identities, subjectFor } from '@snapfleet/contracts';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { claim, consumerPod } from '../quickstart/demo-objects.js';
import { type Canaries, canariesIn, filesWith, openToOthers } from '../support/canaries.js';
import { resticPasswordFile, startOnEmbeddedDevice, writeForServices } from '../support/on-embedded-device.js';
import { ProcessWatch } from '../support/process-watch.js';
import { UndoStack } from '../support/real-device/undo-stack.js';
import { serviceUid } from '../support/services.js';
import { StartedPrograms } from '../support/started-programs.js';
import type { SnapfleetDevice } from '../support/snapfleet-device.js';
import { waitUntil } from '../support/wait-until.js';

const deadlineMs = 120_000;
/** What the services start; restic has a path of its own and is started by setpriv. */
const programNames = ['fallocate', 'getfattr', 'rm', 'rsync', 'setpriv', 'sync', 'touch'];
const planted = (what: string): string => `${what}-${randomUUID()}`;
const data = { content: planted('content'), 'file name': planted('name'), 'link target': planted('target') };
/** A Pod is put back from its manifest, so that the journal and the commands to the cluster operator hold it. */
const manifest = { 'environment of a Pod': planted('environment') };
const passwords = { 'restic password': planted('password'), 'wrong restic password': planted('wrong') };

const undo = new UndoStack();
let snapfleet: SnapfleetDevice;
let client: SnapfleetClient;
let watch: ProcessWatch;
let programs: StartedPrograms;
let namespace: string;
let secrets: Canaries;
let proven: CommandHandle<'snapshot.create'>;

const volume = () => ({ namespace, persistentVolumeClaim: 'notes' });
const inWorkDirectory = (...names: string[]): string => join(snapfleet.workDirectory, ...names);
const jetStream = (stream = ''): string => join(snapfleet.nats.directory, 'jetstream', '$G', 'streams', stream);
const logs = (): string[] => [inWorkDirectory('logs'), inWorkDirectory('device', 'logs')];

beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'snapfleet-secrets-'));
  undo.push(() => {
    rmSync(directory, { recursive: true });
  });
  programs = new StartedPrograms(directory, programNames);
  snapfleet = await startOnEmbeddedDevice({
    resticPassword: passwords['restic password'],
    environment: { SNAPFLEET_LOG_LEVEL: 'debug', PATH: programs.path },
  });
  undo.push(() => snapfleet.stop());
  watch = new ProcessWatch(serviceUid, [simulatorPid()]);
  undo.push(() => {
    watch.stop();
  });
  secrets = { ...passwords, ...keysAndTokens() };
  client = await connectToDevice({ servers: snapfleet.natsUrl, device: snapfleet.name, ...snapfleet.nats.access });
  undo.push(() => client.close());
  namespace = await snapfleet.device.namespace();
  await snapfleet.device.applyObjects(claim(namespace, 'notes', '320Mi'), podWithEnvironment());
  await snapfleet.podIsRunning(namespace, 'app=writer');
  const write = `echo ${data.content} > ${data['file name']}; ln -s ${data['link target']} link; sync -f .`;
  await snapfleet.device.runInVolume(volume(), write);
  await runProcedure();
});

afterAll(() => undo.unwind());

/** A Pod is quiesced, its volume backed up in both ways, all of it proven and restored; other things fail. */
async function runProcedure(): Promise<void> {
  const quiesce = { level: 'cold', workload: { kind: 'Pod', name: 'writer' } } as const;
  proven = await send({ quiesce, movers: ['copy', 'restic'] });
  expect(await outcomeOf(proven)).toBe('proven');
  const restore = { restorePointId: proven.restorePointId, targetClaim: 'notes-restored' };
  await client.outcome(await client.send(SnapshotRestore, restore), { deadlineMs });
  writeForServices(resticPasswordFile(snapfleet.workDirectory), passwords['wrong restic password']);
  expect(await outcomeOf(await send({ movers: ['restic'], verify: [] }))).toBe('incomplete');
  writeForServices(resticPasswordFile(snapfleet.workDirectory), passwords['restic password']);
  await sendWhatIsNoCommand();
  await waitUntil('it is a dead letter', async () => (await client.deadLetters.list()).length > 0);
}

async function sendWhatIsNoCommand(): Promise<void> {
  const seed = readFileSync(snapfleet.nats.access.nkeySeedFile ?? '', 'ascii').trim();
  const authenticator = nkeyAuthenticator(new TextEncoder().encode(seed));
  const connection = await connect({ servers: snapfleet.natsUrl, authenticator });
  connection.publish(subjectFor(SnapshotCreate, DeviceId.parse(snapfleet.name)), 'no command');
  await connection.flush();
  await connection.close();
}

function send(policy: DataInputOf<typeof SnapshotCreate>['policy']): Promise<CommandHandle<'snapshot.create'>> {
  return client.send(SnapshotCreate, { ...volume(), policy });
}

async function outcomeOf(handle: CommandHandle<'snapshot.create'>): Promise<string | undefined> {
  const { data: end } = await client.completion(handle, { deadlineMs });
  return 'outcome' in end ? end.outcome : undefined;
}

function keysAndTokens(): Canaries {
  const { seedFiles } = snapfleet.nats;
  if (seedFiles === undefined) throw new Error('the server knows no identities');
  const seeds = identities.map((name) => [`seed of ${name}`, readFileSync(seedFiles[name], 'ascii').trim()] as const);
  const config = new KubeConfig();
  config.loadFromFile(snapfleet.device.kubeconfigPath);
  return { ...Object.fromEntries(seeds), 'token of the API server': config.getCurrentUser()?.token ?? '' };
}

function simulatorPid(): number {
  const log = readFileSync(inWorkDirectory('device', 'logs', 'device-simulator.log'), 'utf8');
  const started = log.split('\n').find((line) => line.includes('"service.started"')) ?? '{}';
  return (JSON.parse(started) as { pid: number }).pid;
}

function podWithEnvironment() {
  const pod = consumerPod(namespace, 'writer', 'notes');
  const env = [{ name: 'PASSWORD', value: manifest['environment of a Pod'] }];
  const containers = pod.spec?.containers.map((container) => ({ ...container, env })) ?? [];
  return { ...pod, spec: { ...pod.spec, containers } };
}

test('no log line tells a secret or a piece of the data', () => {
  const all = { ...secrets, ...data, ...manifest };
  expect(logs().flatMap((folder) => filesWith(all, folder))).toEqual([]);
  // The search finds what is there.
  expect(logs().flatMap((folder) => filesWith({ id: proven.restorePointId }, folder)).length).toBeGreaterThan(0);
});

test('no event, dead letter or other message tells a secret or a piece of the data', async () => {
  expect(filesWith({ ...secrets, ...data }, jetStream())).toEqual([]);
  const holding = filesWith(manifest, jetStream()).map((found) => found.slice(jetStream().length).split('/')[0]);
  // The server may not have let go yet of commands that are done.
  expect(holding.filter((stream) => stream !== 'AGENT')).toEqual([]);
  expect(filesWith({ id: proven.restorePointId }, jetStream('EVT')).length).toBeGreaterThan(0);
  const letters = JSON.stringify(await client.deadLetters.list());
  expect(letters).toContain('invalid_message');
  expect(canariesIn({ ...secrets, ...data, ...manifest }, letters)).toEqual([]);
});

test('no command line and no environment of a process tells a secret or a piece of the data', () => {
  const all = { ...secrets, ...data, ...manifest };
  expect(programs.names).toEqual(expect.arrayContaining(['getfattr', 'rm', 'rsync', 'setpriv', 'sync']));
  expect(programs.written).toMatch(/^\S*\/restic$/m);
  expect(canariesIn(all, programs.written)).toEqual([]);
  // The services themselves, and what was seen of the programs beside.
  expect(watch.programs).toContain('node');
  const seen = [...watch.seen.values()].map(({ commandLine, environment }) => commandLine + environment);
  expect(canariesIn(all, seen.join('\0'))).toEqual([]);
});

test('what a service says of its health tells nothing', async () => {
  const urls = snapfleet.healthUrls().flatMap((url) => [url, url.replace('readyz', 'healthz')]);
  const answers = await Promise.all(urls.map(async (url) => (await fetch(url)).text()));
  expect(answers.every((answer) => answer.includes('"status":"ok"'))).toBe(true);
  expect(canariesIn({ ...secrets, ...data, ...manifest }, answers.join('\n'))).toEqual([]);
});

test('the data are at their destination and nowhere else, the manifest of the Pod is in the journal', () => {
  const kept = ['orchestrator', 'manifests', 'scratch', 'restic/repository'].map((name) => inWorkDirectory(name));
  expect(kept.flatMap((folder) => filesWith({ ...secrets, ...data }, folder))).toEqual([]);
  expect(filesWith(secrets, inWorkDirectory('copy'))).toEqual([]);
  expect(filesWith(data, inWorkDirectory('copy')).length).toBeGreaterThan(0);
  const holding = kept.flatMap((folder) => filesWith(manifest, folder));
  expect(holding.length).toBeGreaterThan(0);
  expect(holding.every((file) => file.startsWith(inWorkDirectory('orchestrator', 'journal.sqlite')))).toBe(true);
});

test('nothing that a service writes is open to other users', () => {
  const folders = ['orchestrator', 'copy', 'restic', 'manifests', 'scratch'].map((name) => inWorkDirectory(name));
  expect(folders.flatMap(openToOthers)).toEqual([]);
});

test('a difference is told with the name of its file, to who asks for events, and without its content', async () => {
  await snapfleet.damageCopy(proven.restorePointId, data['file name']);
  const verify = { restorePointId: proven.restorePointId, level: 'backup', mover: 'copy' } as const;
  const failed = client.outcome(await client.send(SnapshotVerify, verify), { deadlineMs });
  await expect(failed).rejects.toThrow(data['file name']);
  expect(filesWith({ 'file name': data['file name'] }, jetStream('EVT')).length).toBeGreaterThan(0);
  const rest = { ...secrets, content: data.content, 'link target': data['link target'] };
  expect([...logs(), jetStream()].flatMap((folder) => filesWith(rest, folder))).toEqual([]);
});
