// A server as far as sessions go: accounts, revocations and a verifier on the database that is named, asked over HTTP. Its
// hasher is a quick one and its clock may be off.

import { createServer } from "node:http";
import { createAccounts } from "@signet/accounts";
import { isAuthError } from "@signet/auth/errors";
import { createKeyRing } from "@signet/auth/keys";
import { createRevocations } from "@signet/auth/revocation";
import { createAccessTokenSigner } from "@signet/auth/sign";
import { createAccessTokenVerifier } from "@signet/auth/verify";
import { createDatabase } from "@signet/db";

const [, , connectionString, secretList, offsetMs = "0"] = process.argv;
const secrets = secretList.split(",");
const clock = () => Date.now() + Number(offsetMs);
const origin = "http://localhost:3000";

const database = createDatabase({ connectionString });
const keys = createKeyRing({ algorithm: "ES256", secrets, store: database.signingKeys, clock });
await keys.load();
const revocations = createRevocations({ source: database.revocations, clock, whenStale: "accept" });
revocations.start();
const signer = createAccessTokenSigner({ issuer: origin, audience: [origin], keys, clock, ttlSeconds: 300 });
const verifier = createAccessTokenVerifier({
  issuer: origin,
  audience: origin,
  algorithms: ["ES256"],
  keys,
  clock,
  revocations,
  clockToleranceSeconds: 60,
});
const { sessions, ...accounts } = createAccounts({
  store: database.accounts,
  signer,
  secrets,
  hasher: {
    hash: async (text) => `plain:${text}`,
    verify: async (hash, text) => hash === `plain:${text}`,
    needsRehash: () => false,
    close: async () => {},
  },
  clock,
  passwordMinLength: 15,
  sessionMaxSeconds: 30 * 86_400,
  sessionIdleSeconds: 7 * 86_400,
  onSessionsEnded: () => void revocations.poll(),
});
const client = { device: null, address: null };

const asked = {
  signUp: ({ credentials }) => accounts.signUp(credentials, client),
  signIn: ({ credentials }) => accounts.issueToken(credentials, client),
  refresh: ({ token, attempt }) => sessions.refresh(token, client, { attempt }),
  endByToken: ({ token }) => sessions.endByRefreshToken(token),
  changePassword: ({ claims, passwords }) => accounts.changePassword(claims, passwords, client),
  list: ({ userId }) => sessions.list(userId),
  verify: ({ accessToken }) => verifier.verify(accessToken),
  disable: ({ userId }) => database.accounts.disableUser(userId),
};

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const { do: name, ...input } = JSON.parse(Buffer.concat(chunks).toString());
  const answer = await asked[name](input).then(
    (value) => ({ value }),
    (error) => ({ refused: isAuthError(error) ? error.reason : `broken: ${error}` }),
  );
  response.end(JSON.stringify(answer));
});
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
