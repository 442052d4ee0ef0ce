// What callers send: tokens of an issuer of our own, made when they are needed, since they live for minutes.

import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@signet/auth/clock";
import { exampleClaims, signedToken, type ThrowAwayKey, throwAwayKey } from "@signet/auth/testing";
import { createTemporaryFolder } from "../temporary-folder.ts";
import { randomId } from "../tokens/material.ts";

/** Whom the product takes itself for. */
export const productOrigin = "http://localhost:3000";

export interface Issuer {
  /** For servers that verify ES256 or HS256. */
  keyEnv(algorithm: "ES256" | "HS256"): Record<string, string>;
  bearer(algorithm?: "ES256" | "HS256"): Promise<string>;
  /** For the product, as if it had issued it. */
  productToken(): Promise<string>;
  /** Settings for apps/api and apps/web: one process, its database in a folder that is kept from round to round. */
  productEnv: Record<string, string>;
  /** Of a service that may read revocations. */
  serviceHeader: string;
  /** In base64url. */
  hs256Secret: string;
  remove(): void;
}

const lifetimeSeconds = 900;

export async function createIssuer(): Promise<Issuer> {
  const keys = { ES256: await throwAwayKey("ES256"), HS256: await throwAwayKey("HS256") };
  const folder = createTemporaryFolder();
  const keysFile = join(folder.path, "keys.json");
  const { privateJwk, signing } = keys.ES256;
  writeFileSync(keysFile, JSON.stringify({ keys: [{ ...privateJwk, kid: signing.kid }] }), { mode: 0o600 });
  const service = { id: "bench", secret: randomBytes(32).toString("base64url") };
  return {
    keyEnv: (algorithm) => ({ ISSUERS_KEY: JSON.stringify(keys[algorithm].jwk) }),
    bearer: async (algorithm = "ES256") => `Authorization: Bearer ${await tokenOf(keys[algorithm])}`,
    productToken: () => tokenOf(keys.ES256, { iss: productOrigin, aud: productOrigin }),
    productEnv: {
      WORKERS: "1",
      LOG_LEVEL: "warn",
      APP_URL: productOrigin,
      DATA_DIR: join(folder.path, "data"),
      AUTH_KEYS_FILE: keysFile,
      RESOURCE_SERVER_CLIENTS: `${service.id}:${service.secret}`,
      NEXT_TELEMETRY_DISABLED: "1",
    },
    serviceHeader: `Authorization: Basic ${Buffer.from(`${service.id}:${service.secret}`).toString("base64")}`,
    hs256Secret: String(keys.HS256.jwk.k),
    remove: folder.remove,
  };
}

function tokenOf({ signing }: ThrowAwayKey, changes: { iss?: string; aud?: string } = {}): Promise<string> {
  const ids = { sub: randomId(), jti: randomId(), sid: randomId() };
  const claims = exampleClaims(systemClock, { ...ids, ...changes });
  return signedToken(signing, { ...claims, exp: claims.iat + lifetimeSeconds });
}
