// node:http and jose, which verifies each token anew.

import { importJWK, jwtVerify } from "jose";
import { audience, bearerOf, hmacKey, issuer, issuersKey, listenJson } from "./setting.ts";

const jwk = issuersKey();
const key = jwk.alg === "HS256" ? await hmacKey(jwk) : await importJWK(jwk);
const options = { issuer, audience, algorithms: [String(jwk.alg)] };

listenJson(async (authorization) => {
  const { payload } = await jwtVerify(bearerOf(authorization), key, options);
  return { subject: payload.sub };
});
