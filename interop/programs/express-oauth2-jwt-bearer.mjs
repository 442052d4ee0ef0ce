// An Express app that accepts Signet's access tokens by express-oauth2-jwt-bearer.

import express from "express";
import { auth } from "express-oauth2-jwt-bearer";

const { ALGORITHM, AUDIENCE, ISSUER, JWKS_URL, SHARED_SECRET, PORT } = process.env;
const keys = SHARED_SECRET ? { secret: SHARED_SECRET } : { jwksUri: JWKS_URL };

const app = express();
app.get("/protected", protect(), (request, response) => void response.json(request.auth?.payload));
app.listen(Number(PORT), "127.0.0.1");

function protect() {
  try {
    // `strict` holds the token to RFC 9068: `typ`, and the claims that must be there.
    return auth({ issuer: ISSUER, audience: AUDIENCE, tokenSigningAlg: ALGORITHM, strict: true, ...keys });
  } catch (error) {
    // An algorithm that it does not know stops it when it is built.
    return (_request, response) => void response.status(401).json({ refused: String(error) });
  }
}
