import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const page = fileURLToPath(new URL('../../docs/security.md', import.meta.url));
const deadlineMs = 30_000;

/** Files of an authority and of a certificate that it has signed. */
export interface ServerCertificate {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** An authority of its own and a server's certificate, made by the commands of docs/security.md in a new folder. */
export async function makeCertificate(
  directory: string,
  names = 'DNS:localhost,IP:127.0.0.1',
): Promise<ServerCertificate> {
  const text = await readFile(page, 'utf8');
  const recipe = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].find(([, block]) => block?.includes('openssl req -x509'));
  const script = recipe?.[1]?.replace(/^names=.*$/m, `names="${names}"`);
  if (script === undefined) throw new Error('docs/security.md does not say how a certificate is made');
  await mkdir(directory);
  await execa('bash', ['-euo', 'pipefail', '-c', script], { cwd: directory, timeout: deadlineMs, stdin: 'ignore' });
  return {
    authority: join(directory, 'authority.pem'),
    certificate: join(directory, 'server.pem'),
    key: join(directory, 'server.key'),
  };
}
