import type { ErrorCode } from '@snapfleet/contracts';

/**
 * The driver tells its errors as text only (VolumeSnapshot status.error.message); this is the one place that reads it.
 * Texts: topolvm v0.41.0 internal/lvmd/lvservice.go (thick) and internal/driver (room).
 */
const known: readonly { readonly text: RegExp; readonly code: ErrorCode; readonly final: boolean }[] = [
  {
    text: /device class is not thin|snapshot can be created for only thin volumes/,
    code: 'thick_device_class',
    final: true,
  },
  { text: /no enough space left on VG/, code: 'pool_headroom_missing', final: false },
];

/** What an error text of the driver means, and whether trying again can change it; undefined: not known. */
export function meaningOfDriverError(text: string): { readonly code: ErrorCode; readonly final: boolean } | undefined {
  return known.find((entry) => entry.text.test(text));
}
