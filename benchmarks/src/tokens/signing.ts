// The ways to sign a token: ours, those of others, and what could not be less.

import { createHmac, createPrivateKey, createSecretKey, type JsonWebKey, type KeyObject, sign } from "node:crypto";
import { systemClock } from "@signet/auth/clock";
import { createAccessTokenSigner } from "@signet/auth/sign";
import { exampleClaims } from "@signet/auth/testing";
import { createSigner } from "fast-jwt";
import { importJWK, SignJWT } from "jose";
import jsonwebtoken, { type Algorithm } from "jsonwebtoken";
import type { Material } from "./material.ts";
import { audience, hmacKey, issuer } from "./verifying.ts";
import type { Work } from "./work.ts";

export type SignRun = Work<undefined>["run"];

const typ = "at+jwt";

export async function signetSigner(material: Material): Promise<SignRun> {
  const { algorithm, publicJwk } = material;
  const signingKey = { kid: String(publicJwk.kid), algorithm, key: await cryptoKeyOf(material) };
  const keys = { signingKey: () => signingKey };
  const signer = createAccessTokenSigner({ issuer, audience: [audience], keys, clock: systemClock, ttlSeconds: 300 });
  const authTime = Math.floor(systemClock() / 1000);
  const grant = { subject: "user-1", sessionId: "session-1", username: "ada", scope: [], authTime };
  return { async: () => signer.sign({ ...grant, amr: ["pwd"] }) };
}

export async function joseSigner(material: Material): Promise<SignRun> {
  const { algorithm, publicJwk } = material;
  const key = await cryptoKeyOf(material);
  const header = { alg: algorithm, kid: String(publicJwk.kid), typ };
  return {
    async: () => new SignJWT({ ...exampleClaims(systemClock) }).setProtectedHeader(header).sign(key),
  };
}

export function fastJwtSigner(material: Material): SignRun {
  const { algorithm, publicJwk } = material;
  const key = keyObjectOf(material);
  const signNext = createSigner({
    key: algorithm === "HS256" ? key.export() : key.export({ type: "pkcs8", format: "pem" }),
    algorithm: algorithm === "Ed25519" ? "EdDSA" : algorithm,
    kid: String(publicJwk.kid),
    header: { alg: algorithm, typ },
  });
  return { sync: () => signNext({ ...exampleClaims(systemClock) }) };
}

export function jsonWebTokenSigner(material: Material): SignRun {
  const { algorithm, publicJwk } = material;
  const key = keyObjectOf(material);
  const options = { algorithm: algorithm as Algorithm, keyid: String(publicJwk.kid), header: { alg: algorithm, typ } };
  return { sync: () => jsonwebtoken.sign({ ...exampleClaims(systemClock) }, key, options) };
}

/** The signature and nothing else: over a text that is there already. */
export function nodeCryptoSigner(material: Material): SignRun {
  const { algorithm, tokens } = material;
  const key = keyObjectOf(material);
  const [token = ""] = tokens;
  const text = Buffer.from(token.slice(0, token.lastIndexOf(".")));
  if (algorithm === "HS256") return { sync: () => createHmac("sha256", key).update(text).digest() };
  const hash = algorithm === "Ed25519" ? null : "sha256";
  return { sync: () => sign(hash, text, { key, dsaEncoding: "ieee-p1363" }) };
}

function cryptoKeyOf({ algorithm, privateJwk }: Material) {
  return algorithm === "HS256" ? hmacKey(privateJwk, "sign") : importPrivate(privateJwk, algorithm);
}

async function importPrivate(jwk: Material["privateJwk"], algorithm: string) {
  const key = await importJWK(jwk, algorithm);
  if (key instanceof Uint8Array) throw new TypeError("This is a secret.");
  return key;
}

function keyObjectOf({ algorithm, privateJwk }: Material): KeyObject {
  if (algorithm === "HS256") return createSecretKey(String(privateJwk.k), "base64url");
  return createPrivateKey({ key: privateJwk as JsonWebKey, format: "jwk" });
}
