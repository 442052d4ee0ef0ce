// What a token costs the process that makes it, and the one that verifies it.

import { systemClock } from "@signet/auth/clock";
import { createKeyRing } from "@signet/auth/keys";
import { createRevocationList } from "@signet/auth/revocation";
import { createAccessTokenSigner } from "@signet/auth/sign";
import { createMemorySigningKeyStore, exampleClaims, fixedKeys, signedToken, throwAwayKey } from "@signet/auth/testing";
import { createAccessTokenVerifier } from "@signet/auth/verify";
import { jwtVerify } from "jose";
import { printTable, repeatedInSteps, takeTurns } from "./rounds.ts";

const issuer = "https://issuer.example";
const audience = "https://api.example";
const turnMs = 400;

export async function measureTokens(rounds: number): Promise<void> {
  const { signing, verification } = await throwAwayKey("ES256");
  const token = await signedToken(signing, exampleClaims(systemClock));
  const options = {
    issuer,
    audience,
    algorithms: ["ES256"] as const,
    keys: fixedKeys(verification),
    clock: systemClock,
  };
  const first = createAccessTokenVerifier({ ...options, cache: false });
  const again = createAccessTokenVerifier(options);
  await again.verify(token);

  const ring = createKeyRing({
    algorithm: "ES256",
    secrets: [Buffer.from(crypto.getRandomValues(new Uint8Array(48))).toString("base64url")],
    store: createMemorySigningKeyStore(systemClock),
    clock: systemClock,
  });
  await ring.load();
  const signer = createAccessTokenSigner({
    issuer,
    audience: [audience],
    keys: ring,
    clock: systemClock,
    ttlSeconds: 300,
  });
  const grant = { subject: "user-1", sessionId: "session-1", username: "ada", scope: [], amr: ["pwd"] as const };
  const authTime = Math.floor(systemClock() / 1000);

  const list = createRevocationList({ clock: systemClock });
  list.add(revocations(1_000));
  const claims = exampleClaims(systemClock);

  printTable(
    "Tokens, ES256, one core",
    await takeTurns(
      [
        {
          name: "jose.jwtVerify, key imported",
          turn: repeatedInSteps(turnMs, 100, () => jwtVerify(token, verification.key, { issuer, audience })),
        },
        { name: "verify, first sight, all checks", turn: repeatedInSteps(turnMs, 100, () => first.verify(token)) },
        { name: "verify, seen before", turn: repeatedInSteps(turnMs, 1_000, () => again.verify(token)) },
        { name: "sign", turn: repeatedInSteps(turnMs, 100, () => signer.sign({ ...grant, authTime })) },
        {
          name: "is it revoked, among 1,000",
          turn: repeatedInSteps(turnMs, 1_000, () => list.isRevoked(claims, "some-key")),
        },
      ],
      rounds,
    ),
  );
}

/** What 100,000 of them take in memory stands in docs/reliability.md. */
function revocations(count: number) {
  const expiresAt = Math.floor(systemClock() / 1000) + 1_000;
  return Array.from({ length: count }, (_, index) => ({
    seq: index + 1,
    kind: "session" as const,
    id: Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64url"),
    expiresAt,
  }));
}
