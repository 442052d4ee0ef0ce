// Verifies Signet's access tokens with jose: the yardstick, as Signet's own verifier stands on it.

import { createRemoteJWKSet, jwtVerify } from "jose";
import { ALGORITHM, AUDIENCE, answerLines, ISSUER, JWKS_URL, SHARED_SECRET } from "./lines.mjs";

const keys = SHARED_SECRET
  ? async () => new TextEncoder().encode(SHARED_SECRET)
  : createRemoteJWKSet(new URL(JWKS_URL));

await answerLines(async (token) => {
  const { payload } = await jwtVerify(token, keys, {
    algorithms: [ALGORITHM],
    issuer: ISSUER,
    audience: AUDIENCE,
    typ: "at+jwt",
    requiredClaims: ["exp", "sub"],
  });
  return payload;
});
