// What the package offers, pinned: a name that comes or goes is a decision and shows in the diff.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const pinned: Record<string, string[]> = {
  "./verify": ["createAccessTokenVerifier", "createVerificationKeys", "importJwkSet"],
  "./sign": ["createAccessTokenSigner"],
  "./claims": ["accessTokenClaimsSchema", "scopesOf"],
  "./errors": ["AuthError", "isAuthError"],
  "./keys": ["checkSecret", "createKeyRing", "deriveBytes", "secretId"],
  "./revocation": ["createRevocationList", "createRevocations"],
  "./bearer": ["parseBearer"],
  "./clock": ["numericDate", "systemClock"],
  "./remote": ["createRemoteVerifier"],
  "./refusal": ["bearerChallenge", "bearerRefusedDetail", "httpRefusals", "refusalAnswer"],
  "./return-path": ["returnPathFrom"],
  "./fetch": ["protect"],
  "./express": ["protect"],
  "./fastify": ["protect"],
  "./hono": ["protect"],
  "./trpc": ["authResponseMeta", "formatAuthError", "requireClaims"],
  "./testing": [
    "buildToken",
    "createMemorySigningKeyStore",
    "exampleClaims",
    "fixedClock",
    "fixedKeys",
    "signBytes",
    "signedToken",
    "throwAwayKey",
  ],
};

test("the entry points are these, and there is no root", () => {
  const { exports } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    exports: object;
  };
  expect(Object.keys(exports)).toEqual(expect.arrayContaining(Object.keys(pinned)));
  expect(Object.keys(exports)).toHaveLength(Object.keys(pinned).length);
  expect(exports).not.toHaveProperty(["."]);
});

test.each(Object.entries(pinned))("%s exports these names and no others", async (entry, names) => {
  const exported: object = await import(`../src/${entry.slice(2)}.ts`);
  expect(Object.keys(exported).toSorted()).toEqual(names);
});
