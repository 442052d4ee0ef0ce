// better-auth's getSession over PostgreSQL, with or without its cookie cache. Somebody is signed up when it starts; their cookies are
// what the load sends.

import { randomBytes } from "node:crypto";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { fromNodeHeaders } from "better-auth/node";
import { Pool } from "pg";
import { credentialPath, listen, origin, readyPath, sendJson } from "./setting.ts";

const auth = betterAuth({
  baseURL: origin,
  secret: randomBytes(32).toString("base64"),
  database: new Pool({ connectionString: process.env["DATABASE_URL"] }),
  emailAndPassword: { enabled: true },
  session: { cookieCache: { enabled: process.env["COOKIE_CACHE"] === "true", maxAge: 300 } },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
});
const { runMigrations } = await getMigrations(auth.options);
await runMigrations();

const { headers } = await auth.api.signUpEmail({
  body: {
    name: "Ada",
    email: `${randomBytes(6).toString("hex")}@mail.example`,
    password: randomBytes(16).toString("base64url"),
  },
  returnHeaders: true,
});
const cookies = headers.getSetCookie().map((line) => line.split(";")[0]);

listen(async (request, response) => {
  if (request.url === readyPath) return sendJson(response, { ready: true });
  if (request.url === credentialPath) return sendJson(response, { credential: `Cookie: ${cookies.join("; ")}` });
  const session = await auth.api.getSession({ headers: fromNodeHeaders(request.headers) });
  if (session === null) return sendJson(response, { error: "refused" }, 401);
  return sendJson(response, { subject: session.user.id });
});
