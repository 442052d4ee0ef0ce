// Express and express-oauth2-jwt-bearer, which finds the issuer's key by the address of its JWK Set.

import express from "express";
import { auth } from "express-oauth2-jwt-bearer";
import { audience, issuer, issuersKey, origin, port, readyPath } from "./setting.ts";

const app = express();
app.get("/jwks.json", (_request, response) => {
  response.json({ keys: [issuersKey()] });
});
app.get(readyPath, (_request, response) => {
  response.json({ ready: true });
});
app.use(auth({ issuer, audience, jwksUri: `${origin}/jwks.json`, tokenSigningAlg: "ES256" }));
app.get("/", (request, response) => {
  response.json({ subject: request.auth?.payload.sub });
});
app.listen(port, "127.0.0.1");
