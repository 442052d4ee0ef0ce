// One ECDSA signature has two spellings: (r, s) and (r, n − s) prove the same. Our signer writes the one with the lower s
// and our verifier takes no other, so that nobody can turn one token into two texts.

/** The order of the group of P-256 (FIPS 186-5, SP 800-186 §3.2.1.3). */
export const p256Order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const zero = new Uint8Array(32);
const order = toBytes(p256Order, 32);
const halfOrder = toBytes(p256Order / 2n, 32);

/** Whether r and s are from 1 to n − 1. Zeros once proved anything to an implementation that forgot (CVE-2022-21449). */
export function isInRange(signature: Uint8Array): boolean {
  return [0, 32].every((at) => compare(signature, at, zero) > 0 && compare(signature, at, order) < 0);
}

/** Whether s of a 64-octet ES256 signature is the lower of its two values. */
export function hasLowS(signature: Uint8Array): boolean {
  return compare(signature, 32, halfOrder) <= 0;
}

/** The same signature with the lower s. */
export function withLowS(signature: Uint8Array): Uint8Array {
  if (hasLowS(signature)) return signature;
  const low = new Uint8Array(signature);
  low.set(toBytes(p256Order - toBigInt(signature.subarray(32)), 32), 32);
  return low;
}

/** The number at a place in the signature, big-endian, and a bound: below zero, zero or above, as the first is smaller, equal or larger. */
function compare(signature: Uint8Array, at: number, bound: Uint8Array): number {
  for (const index of bound.keys()) {
    const difference = (signature[at + index] ?? 0) - (bound[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Big-endian, as JOSE writes all integers. */
export function toBigInt(bytes: Uint8Array): bigint {
  let hex = "0x0";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return BigInt(hex);
}

export function toBytes(value: bigint, length: number): Uint8Array {
  const hex = value.toString(16).padStart(length * 2, "0");
  return Uint8Array.from({ length }, (_, index) => Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16));
}
