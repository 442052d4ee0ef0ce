// The session's row is read with every request, through Prisma. Somebody signs up when it starts; their session is what the load sends.

import { randomBytes } from "node:crypto";
import { createPasswordHasher } from "@signet/accounts";
import { createDatabase } from "@signet/db";
import { accountsOn, client, password } from "../storm/settings.ts";
import { bearerOf, credentialPath, listen, readyPath, sendJson } from "./setting.ts";

const database = createDatabase({ connectionString: process.env["DATABASE_URL"] ?? "" });
await database.migrate();
const hasher = createPasswordHasher({ threads: 1, cost: { memoryKib: 64, passes: 1, lanes: 1 } });
const accounts = await accountsOn(database, hasher);
const { sessionId } = await accounts.signUp({ username: `ada-${randomBytes(6).toString("hex")}`, password }, client);
await hasher.close();

listen(async (request, response) => {
  if (request.url === readyPath) return sendJson(response, { ready: true });
  if (request.url === credentialPath) return sendJson(response, { credential: `Authorization: Bearer ${sessionId}` });
  const session = await database.accounts.findSession(bearerOf(request.headers.authorization));
  const isLive = session !== undefined && session.endedAt === null && session.expiresAt > session.now;
  if (!isLive) return sendJson(response, { error: "refused" }, 401);
  return sendJson(response, { subject: session.user.id });
});
