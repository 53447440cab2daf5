import { chownSync } from 'node:fs';
import type { Identity } from '@snapfleet/contracts';
import type { NatsServer } from './nats-server.js';
import { serviceUid, type ServiceName } from './services.js';

/** The embedded device plays the part of host-lvm. */
const identityOf = (service: MessagingService): Identity => (service === 'device-simulator' ? 'host-lvm' : service);

/** A service that has to do with NATS. */
export type MessagingService = Exclude<ServiceName, 'workload-guard'>;

/** Gives each service the file of its own key; root keeps that of host-lvm and those of the clients. */
export function handOutKeys({ seedFiles }: NatsServer): void {
  if (seedFiles === undefined) return;
  for (const service of ['orchestrator', 'cluster-operator', 'backup-worker', 'restore-verifier'] as const) {
    chownSync(seedFiles[service], serviceUid, serviceUid);
  }
}

/** The settings with which a service reaches NATS. */
export function natsSettings(
  { url, token, seedFiles, caFile }: NatsServer,
  service: MessagingService,
): Record<string, string> {
  return {
    SNAPFLEET_NATS_URL: url,
    ...(caFile === undefined ? {} : { SNAPFLEET_NATS_CA_FILE: caFile }),
    ...(token === undefined ? {} : { SNAPFLEET_NATS_TOKEN: token }),
    ...(seedFiles === undefined ? {} : { SNAPFLEET_NATS_NKEY_SEED_FILE: seedFiles[identityOf(service)] }),
  };
}
