// Verifies Signet's access tokens with fast-jwt and get-jwks.

import { createVerifier } from "fast-jwt";
import buildGetJwks from "get-jwks";
import { ALGORITHM, AUDIENCE, answerLines, ISSUER, SHARED_SECRET } from "./lines.mjs";

const keys = buildGetJwks({ issuersWhitelist: [ISSUER], jwksPath: "/.well-known/jwks.json" });

/** @param {{ header: { kid: string, alg: string } }} token */
const keyOf = ({ header }) => keys.getPublicKey({ domain: ISSUER, kid: header.kid, alg: header.alg });

await answerLines(
  createVerifier({
    key: SHARED_SECRET ?? keyOf,
    algorithms: [ALGORITHM],
    allowedIss: ISSUER,
    allowedAud: AUDIENCE,
    checkTyp: "at+jwt",
    requiredClaims: ["iss", "aud", "exp", "sub"],
  }),
);
