import { z } from 'zod';

const moments = ['before', 'during', 'after'] as const;

/**
 * The effects of host-lvm around which it can be killed, read from its closed list of programs and from its journal as
 * they are built: `<effect>:<before|during|after>`.
 */
export async function hostFailpoints(): Promise<string[]> {
  const load = async (path: string): Promise<unknown> =>
    await import(new URL(`../../apps/host-lvm/dist/${path}`, import.meta.url).href);
  const { allowedCommands } = z
    .object({ allowedCommands: z.array(z.object({ name: z.string() })) })
    .parse(await load('privileged/allowed-commands.js'));
  const { journalEvents } = z
    .object({ journalEvents: z.array(z.string()) })
    .parse(await load('exposure/lease-journal.js'));
  const effects = new Set([...allowedCommands.map(({ name }) => name), ...journalEvents]);
  return [...effects].flatMap((effect) => moments.map((moment) => `${effect}:${moment}`));
}

/** The points at which a run of host-lvm says that it was. */
export function pointsReached(log: readonly string[]): string[] {
  return log
    .filter((line) => line.includes('"failpoint.reached"'))
    .map((line) => z.object({ point: z.string() }).parse(JSON.parse(line)).point);
}
