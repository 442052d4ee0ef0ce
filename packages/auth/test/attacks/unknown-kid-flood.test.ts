// KEY-08, KEY-09: made-up key names must not set our traffic to the database, nor be tried with every key.

import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { createKeyRing } from "../../src/key-ring.ts";
import { createAccessTokenSigner } from "../../src/sign-access-token.ts";
import { createMemorySigningKeyStore } from "../../src/testing.ts";
import { createAccessTokenVerifier } from "../../src/verify-access-token.ts";
import { audience, createScene, expectRefusal, issuer } from "../scene.ts";

test("10,000 tokens with made-up kids cause one read of the table per 30 seconds; the twin passes throughout", async () => {
  const { clock, claims, sign } = await createScene();
  const store = createMemorySigningKeyStore(clock);
  let reads = 0;
  const counted = { ...store, listKeys: () => ((reads += 1), store.listKeys()) };
  const secrets = [randomBytes(32).toString("base64")];
  const ring = createKeyRing({ algorithm: "ES256", secrets, store: counted, clock });
  await ring.load();
  const verifier = createAccessTokenVerifier({ issuer, audience, algorithms: ["ES256"], keys: ring, clock });
  const signer = createAccessTokenSigner({ issuer, audience: [audience], keys: ring, clock, ttlSeconds: 300 });
  const { accessToken } = await signer.sign({
    subject: "user-1",
    sessionId: "session-1",
    username: "ada",
    scope: [],
    authTime: 0,
    amr: ["pwd"],
  });
  reads = 0;

  const [, payload = "", signature = ""] = (await sign(claims)).split(".");
  const forge = (index: number) =>
    `${Buffer.from(JSON.stringify({ alg: "ES256", kid: `made-up-${index}`, typ: "at+jwt" })).toString("base64url")}.${payload}.${signature}`;

  for (let batch = 0; batch < 10; batch++) {
    const forged = Array.from({ length: 1000 }, (_, index) => forge(batch * 1000 + index));
    await Promise.all(forged.map((token) => expectRefusal(verifier.verify(token), "token_invalid", "kid")));
    await verifier.verify(accessToken);
  }
  expect(reads).toBe(1);

  clock.advance(29_999);
  await expectRefusal(verifier.verify(forge(-1)), "token_invalid", "kid");
  expect(reads).toBe(1);
  clock.advance(1);
  await expectRefusal(verifier.verify(forge(-2)), "token_invalid", "kid");
  expect(reads).toBe(2);
  await verifier.verify(accessToken);
});

test("a token without a known kid is not tried with the keys at hand", async () => {
  const { verifier, claims, sign, token } = await createScene();
  // Rightly signed by the only key there is: only the name is another.
  await expectRefusal(verifier.verify(await sign(claims, { kid: "another" })), "token_invalid", "kid");
  expect(await verifier.verify(token)).toEqual(claims);
});
