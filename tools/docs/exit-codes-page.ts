import { exitCodes } from '../../apps/cli/src/exit-codes.ts';
import { code, page, table } from './markdown.ts';

/** The reference of how `snapfleet` ends. */
export function exitCodesPage(): string {
  const rows = Object.entries(exitCodes).map(([name, facts]) => [code(String(facts.code)), name, facts.meaning]);
  return page('Exit codes of `snapfleet`', [
    table(['Code', 'Name', 'Meaning'], rows),
    'A code that is not listed is a failure. With `--json`, an error is one document on stdout: `{"error": {"code": …, "message": …, ' +
      '"remedy": …, "retryable": …}}`, with `outcome` and `event` beside it where the device reported it. Text for people goes to stderr.',
  ]);
}
