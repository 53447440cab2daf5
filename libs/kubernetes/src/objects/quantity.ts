const binary = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;
const decimal = ['k', 'M', 'G', 'T', 'P', 'E'] as const;
const fractions: Readonly<Record<string, bigint>> = { m: 1_000n, u: 1_000_000n, n: 1_000_000_000n };

const form = /^\+?(\d+)(?:\.(\d*))?(?:([KMGTPE]i)|([kMGTPE])|([mun])|[eE]([+-]?\d{1,2}))?$/;

function multiplier(binarySuffix = '', decimalSuffix = '', exponent = '0'): bigint {
  const binaryPower = binary.findIndex((suffix) => suffix === binarySuffix) + 1;
  if (binaryPower > 0) return 1n << BigInt(10 * binaryPower);
  const decimalPower = decimal.findIndex((suffix) => suffix === decimalSuffix) + 1;
  if (decimalPower > 0) return 10n ** BigInt(3 * decimalPower);
  return 10n ** BigInt(Math.max(0, Number(exponent)));
}

/**
 * The bytes of a Kubernetes quantity such as `1Gi`, `1500M`, `1.5Gi` or `1e9`, rounded up as Kubernetes does
 * (k8s.io/apimachinery pkg/api/resource).
 * @throws RangeError for what is not a quantity or beyond 2^53
 */
export function bytesOfQuantity(quantity: string): number {
  const match = form.exec(quantity);
  if (match === null) throw new RangeError(`"${quantity}" is not a quantity of bytes`);
  const [, whole = '0', fraction = '', binarySuffix, decimalSuffix, fractionSuffix, exponent] = match;
  const negativePower = Math.max(0, -Number(exponent ?? '0'));
  const numerator = BigInt(whole + fraction) * multiplier(binarySuffix, decimalSuffix, exponent);
  const denominator = 10n ** BigInt(fraction.length + negativePower) * (fractions[fractionSuffix ?? ''] ?? 1n);
  const bytes = Number((numerator + denominator - 1n) / denominator);
  if (!Number.isSafeInteger(bytes)) throw new RangeError(`"${quantity}" is more bytes than can be counted exactly`);
  return bytes;
}
