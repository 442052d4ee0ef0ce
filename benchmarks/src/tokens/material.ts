// Keys and tokens for one measurement, written to a file so that each process that measures begins with the same ones.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@signet/auth/clock";
import { exampleClaims, signedToken, throwAwayKey } from "@signet/auth/testing";
import type { SigningAlgorithm } from "@signet/auth/verify";
import type { JWK } from "jose";
import { createTemporaryFolder } from "../temporary-folder.ts";

export interface Material {
  algorithm: SigningAlgorithm;
  /** For HS256 both are the secret. */
  publicJwk: JWK;
  privateJwk: JWK;
  tokens: string[];
}

export interface MaterialFile {
  path: string;
  remove(): void;
}

export interface MaterialOptions {
  count: number;
  /** What the header calls the algorithm, where a peer knows it by its older name. */
  headerAlgorithm?: string;
  scope?: string;
}

const lifetimeSeconds = 900;
const idBytes = 16;
const scheme = "Bearer ";
/** As many signatures at once as keep the threads busy. */
const batchSize = 100;

export async function makeMaterial(algorithm: SigningAlgorithm, options: MaterialOptions): Promise<Material> {
  const { count, headerAlgorithm = algorithm, scope = "" } = options;
  const { signing, jwk, privateJwk } = await throwAwayKey(algorithm);
  const tokens: string[] = [];
  while (tokens.length < count) {
    const batch = Array.from({ length: Math.min(batchSize, count - tokens.length) }, () => {
      const claims = exampleClaims(systemClock, { sub: randomId(), jti: randomId(), sid: randomId(), scope });
      return signedToken(signing, { ...claims, exp: claims.iat + lifetimeSeconds }, { alg: headerAlgorithm });
    });
    tokens.push(...(await Promise.all(batch)));
  }
  return { algorithm, publicJwk: jwk, privateJwk, tokens };
}

/** For the owner alone: there is a private key in it. */
export function writeMaterial(material: Material): MaterialFile {
  const folder = createTemporaryFolder();
  const path = join(folder.path, "material.json");
  writeFileSync(path, JSON.stringify(material), { mode: 0o600 });
  return { path, remove: folder.remove };
}

export function randomId(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(idBytes))).toString("base64url");
}

/** The same text as a string that nobody has seen: no hash is remembered for it. */
export function fresh(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

/** A token as each request brings it: a part of a header that nobody has seen. */
export function fromHeader(token: string): string {
  return fresh(`${scheme}${token}`).slice(scheme.length);
}
