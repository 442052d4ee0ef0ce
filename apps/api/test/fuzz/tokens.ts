// Access tokens as they are, and as somebody would like them to be.

import { buildToken, throwAwayKey } from "@signet/auth/testing";
import { awkwardText, secretCanary } from "./awkward-texts.ts";
import type { Chance } from "./chance.ts";

/** Made from a good token: each looks like one, and none is. */
export async function bentTokens(good: string): Promise<[string, ...string[]]> {
  const foreign = await throwAwayKey("ES256");
  const [head = "", payload = "", signature = ""] = good.split(".");
  const header: object = decoded(head);
  const claims: object = decoded(payload);
  const signatureBytes = Buffer.from(signature, "base64url");
  const variants = [
    { alg: "none" },
    { alg: "HS256" },
    { typ: "JWT" },
    { typ: "refresh" },
    { crit: ["exp"] },
    { b64: false },
    { kid: "__proto__" },
    { kid: 'x\n{"level":60}\u001b[31m\u2028' },
    { kid: "x".repeat(5_000) },
    { jku: "http://127.0.0.1:1/" },
  ].map((change) => Object.assign({ ...header }, change));
  const forged = [
    ...variants.map((changed) => [changed, claims, signatureBytes] as const),
    ...variants.map((changed) => [changed, claims, new Uint8Array()] as const),
    [header, { ...claims, exp: 9e9 }, signatureBytes] as const,
    [header, { ...claims, sub: "someone-else" }, signatureBytes] as const,
    [header, '{"__proto__":{"sub":"x"}}', signatureBytes] as const,
    [header, { ...claims, aud: "https://other.example" }, foreign.signing] as const,
    [header, claims, foreign.signing] as const,
    [{ ...header, kid: foreign.signing.kid }, claims, foreign.signing] as const,
    [{ ...header, jwk: foreign.jwk }, claims, foreign.signing] as const,
    ['{"alg":"ES256","alg":"none"}', claims, signatureBytes] as const,
    ["[".repeat(2_000), claims, signatureBytes] as const,
  ];
  const built = await Promise.all(forged.map(([h, p, s]) => buildToken({ header: h, payload: p, signature: s })));
  return [
    `${head}.${payload}.`,
    `${head}.${payload}`,
    `${head}..${signature}`,
    `.${payload}.${signature}`,
    `${good}.`,
    `${good}=`,
    `${good}.${good}`,
    `${head}.${payload}.${signature}.a.b`,
    `${signature}.${payload}.${head}`,
    otherSpelling(good),
    malleated(head, payload, signatureBytes),
    `${head}.${payload}.${"A".repeat(86)}`,
    `${head}.${payload}.${"A".repeat(9_000)}`,
    `${secretCanary}.${secretCanary}.${secretCanary}`,
    "...",
    "a.b.c",
    ...built,
  ];
}

/** One of those, or the good one with a few characters changed, cut or added. */
export function bentToken(chance: Chance, good: string, bent: readonly [string, ...string[]]): string {
  if (chance.often(0.5)) return chance.pick(bent);
  const at = chance.below(good.length);
  const rest = good.slice(at + chance.below(3));
  const edited = good.slice(0, at) + chance.pick(["", "A", "_", "-", ".", "~", "=", "AA", secretCanary]) + rest;
  return edited === good ? `${good}A` : edited;
}

/** What is no token at all. */
export function noToken(chance: Chance): string {
  return awkwardText(chance).replaceAll(/[^\x21-\xff]/g, "");
}

function decoded(segment: string): object {
  return JSON.parse(Buffer.from(segment, "base64url").toString());
}

/** The same bytes, with other trailing bits: 64 bytes leave four bits of the last character unused. */
function otherSpelling(good: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return good.slice(0, -1) + alphabet.charAt(alphabet.indexOf(good.at(-1) ?? "") ^ 1);
}

const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** n − s in place of s: another signature that is right, of the same text. */
function malleated(head: string, payload: string, signature: Buffer): string {
  const s = BigInt(`0x${signature.toString("hex", 32)}`);
  const other = Buffer.from((order - s).toString(16).padStart(64, "0"), "hex");
  return `${head}.${payload}.${Buffer.concat([signature.subarray(0, 32), other]).toString("base64url")}`;
}
