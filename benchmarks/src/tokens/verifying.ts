// The ways to verify a token: ours, those of others, and what could not be less.

import { createHmac, createPublicKey, createSecretKey, type JsonWebKey, type KeyObject, verify } from "node:crypto";
import { systemClock } from "@signet/auth/clock";
import { fixedKeys } from "@signet/auth/testing";
import {
  type AccessTokenVerifier,
  type AccessTokenVerifierOptions,
  createAccessTokenVerifier,
  createVerificationKeys,
  type VerificationKeys,
} from "@signet/auth/verify";
import { createVerifier } from "fast-jwt";
import { importJWK, type JWK, jwtVerify } from "jose";
import jsonwebtoken, { type Algorithm } from "jsonwebtoken";
import type { Material } from "./material.ts";
import type { Work } from "./work.ts";

export const issuer = "https://issuer.example";
export const audience = "https://api.example";

export type Run = Work<string>["run"];

/** Enough for all tokens of a measurement, in ours and in theirs. */
const cacheEntries = 20_000;

export async function verifierOf(
  material: Material,
  cache?: AccessTokenVerifierOptions["cache"],
): Promise<AccessTokenVerifier> {
  const options = await optionsOf(material);
  return createAccessTokenVerifier(cache === undefined ? options : { ...options, cache });
}

async function optionsOf(material: Material): Promise<AccessTokenVerifierOptions> {
  const { algorithm } = material;
  return { issuer, audience, algorithms: [algorithm], keys: await keysOf(material), clock: systemClock };
}

/** A JWK Set is public and knows no secret. */
async function keysOf({ algorithm, publicJwk }: Material): Promise<VerificationKeys> {
  if (algorithm !== "HS256") return createVerificationKeys({ keys: [publicJwk] });
  return fixedKeys({ kid: String(publicJwk.kid), algorithm, key: await hmacKey(publicJwk, "verify") });
}

/** @param others Tokens that it remembers as well: what they have in common with those that count is kept once. */
export async function signet(material: Material, others: readonly string[]): Promise<Run> {
  const verifier = await verifierOf(material);
  for (const token of others) await verifier.verify(token);
  return { async: (token) => verifier.verify(token) };
}

/** Every token for the first time: when all have come, a new verifier, that remembers none of them. */
export async function signetAtFirstSight(material: Material): Promise<Run> {
  const options = await optionsOf(material);
  let verifier = createAccessTokenVerifier(options);
  let left = material.tokens.length;
  return {
    async: (token) => {
      if (left === 0) {
        verifier = createAccessTokenVerifier(options);
        left = material.tokens.length;
      }
      left -= 1;
      return verifier.verify(token);
    },
  };
}

export async function jose({ algorithm, publicJwk }: Material): Promise<Run> {
  const key = algorithm === "HS256" ? await hmacKey(publicJwk, "verify") : await importJWK(publicJwk, algorithm);
  const options = { issuer, audience, algorithms: [algorithm], typ: "at+jwt" };
  return { async: (token) => jwtVerify(token, key, options) };
}

/** Imported once: jose would import bytes anew for every token. */
export function hmacKey({ k }: JWK, use: "sign" | "verify") {
  const bytes = Buffer.from(String(k), "base64url");
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, [use]);
}

/** @param cache Whether it keeps what it has verified. */
export function fastJwt(material: Material, cache: boolean): Run {
  const { algorithm } = material;
  const key = keyObjectOf(material);
  const check = createVerifier({
    key: algorithm === "HS256" ? key.export() : key.export({ type: "spki", format: "pem" }),
    algorithms: [algorithm === "Ed25519" ? "EdDSA" : algorithm],
    allowedIss: issuer,
    allowedAud: audience,
    checkTyp: "at+jwt",
    cache: cache ? cacheEntries : false,
  });
  return { sync: (token) => check(token) };
}

export function jsonWebToken(material: Material): Run {
  const key = keyObjectOf(material);
  const options = { issuer, audience, algorithms: [material.algorithm as Algorithm] };
  return { sync: (token) => jsonwebtoken.verify(token, key, options) };
}

/** The signature and nothing else: no claim is read. */
export function nodeCrypto(material: Material): Run {
  const { algorithm } = material;
  const key = keyObjectOf(material);
  return {
    sync: (token) => {
      const end = token.lastIndexOf(".");
      const signed = Buffer.from(token.slice(0, end));
      const signature = Buffer.from(token.slice(end + 1), "base64url");
      if (algorithm === "HS256")
        return createHmac("sha256", key).update(signed).digest().equals(signature) || undefined;
      const hash = algorithm === "Ed25519" ? null : "sha256";
      return verify(hash, signed, { key, dsaEncoding: "ieee-p1363" }, signature) || undefined;
    },
  };
}

/** What remembering tokens costs when it is done as everybody would do it first. */
export function mapOfTokens({ tokens }: Material): Run {
  const known = new Map(tokens.map((token) => [token, { token }]));
  return { sync: (token) => known.get(token) };
}

function keyObjectOf({ algorithm, publicJwk }: Material): KeyObject {
  if (algorithm === "HS256") return createSecretKey(String(publicJwk.k), "base64url");
  return createPublicKey({ key: publicJwk as JsonWebKey, format: "jwk" });
}
