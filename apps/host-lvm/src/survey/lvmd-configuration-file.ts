import { open } from 'node:fs/promises';
import type { LvmdFacts } from '@snapfleet/contracts';
import { parseLvmdConfiguration } from '@snapfleet/lvm';

/** Where the configuration of lvmd is: what MicroShift gives to its TopoLVM, then TopoLVM's own default. */
export const lvmdConfigurations = ['/var/lib/microshift/lvms/lvmd.yaml', '/etc/topolvm/lvmd.yaml'] as const;

const mostBytes = 1 << 18;

/** The configuration of lvmd, which tells what TopoLVM allows. It is read each time, for it may change at any time. */
export class LvmdConfigurationFile {
  /** @param paths the first one that exists counts */
  constructor(private readonly paths: readonly string[]) {}

  async read(): Promise<LvmdFacts> {
    for (const path of this.paths) {
      const facts = await readAt(path);
      if (facts.state !== 'absent') return facts;
    }
    return { state: 'absent' };
  }
}

async function readAt(path: string): Promise<LvmdFacts> {
  try {
    return { state: 'known', path, deviceClasses: [...parseLvmdConfiguration(await contentOf(path))] };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { state: 'absent' };
    return { state: 'unreadable', path, message: String(error).slice(0, 1024) };
  }
}

async function contentOf(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > mostBytes) throw new Error(`has ${size} bytes, more than ${mostBytes}`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
