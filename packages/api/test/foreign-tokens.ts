// Access tokens of the right form that are not good here.

import { randomBytes } from "node:crypto";
import { createKeyRing } from "@signet/auth/keys";
import { createAccessTokenSigner } from "@signet/auth/sign";
import { createMemorySigningKeyStore } from "@signet/auth/testing";
import { issuer as ownIssuer, type TestApi } from "./test-api.ts";

interface Differences {
  issuer?: string;
  audience?: string[];
  /** Signed with a key that the API does not know. */
  ownKeys?: boolean;
}

export async function foreignToken(
  { clock, keys: known }: Pick<TestApi, "clock" | "keys">,
  { issuer = ownIssuer, audience = [ownIssuer], ownKeys = false }: Differences,
): Promise<string> {
  const keys = ownKeys
    ? createKeyRing({
        algorithm: "ES256",
        secrets: [randomBytes(48).toString("base64url")],
        store: createMemorySigningKeyStore(clock),
        clock,
      })
    : known;
  if (ownKeys) await keys.load();
  const signer = createAccessTokenSigner({ issuer, audience, keys, clock, ttlSeconds: 300 });
  const grant = { subject: "sub", sessionId: "sid", username: "eve", scope: [], amr: ["pwd"] as const };
  return (await signer.sign({ ...grant, authTime: clock() / 1000 })).accessToken;
}
