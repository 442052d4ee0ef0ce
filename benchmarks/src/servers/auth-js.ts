// Auth.js: the session is an encrypted JWT in a cookie, decrypted for each request.

import { randomBytes } from "node:crypto";
import { decode, encode } from "@auth/core/jwt";
import { credentialPath, listen, readyPath, sendJson } from "./setting.ts";

const salt = "authjs.session-token";
const secret = randomBytes(32).toString("base64");
const session = await encode({ salt, secret, token: { sub: "user-1", name: "Ada", email: "ada@mail.example" } });

listen(async (request, response) => {
  if (request.url === readyPath) return sendJson(response, { ready: true });
  if (request.url === credentialPath) return sendJson(response, { credential: `Cookie: ${salt}=${session}` });
  const token = request.headers.cookie?.slice(salt.length + 1);
  const claims = token === undefined ? null : await decode({ salt, secret, token });
  if (claims === null) return sendJson(response, { error: "refused" }, 401);
  return sendJson(response, { subject: claims.sub });
});
