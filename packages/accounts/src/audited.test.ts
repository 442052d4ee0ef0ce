// What the accounts write down: whom it was about where that is known, and never what was typed.

import { randomBytes } from "node:crypto";
import type { AccessTokenSigner } from "@signet/auth/sign";
import { beforeEach, describe, expect, it } from "vitest";
import { type Accounts, createAccounts } from "./accounts.ts";
import type { AuditEvent } from "./audit-events.ts";
import { createMemoryAccountStore } from "./memory-account-store.ts";
import type { PasswordHasher } from "./password-hasher.ts";

const password = "correct horse battery staple";
const client = { device: "Firefox on Linux", address: "192.0.2.7" };
const hasher: PasswordHasher = {
  hash: async (text) => `hash:${text}`,
  verify: async (phc, text) => phc === `hash:${text}`,
  needsRehash: () => false,
  close: async () => undefined,
};
const signer: AccessTokenSigner = {
  sign: async ({ subject, sessionId }) => ({
    accessToken: "token",
    claims: {
      iss: "http://localhost",
      sub: subject,
      aud: "http://localhost",
      exp: 300,
      iat: 0,
      jti: "jti",
      sid: sessionId,
      client_id: "signet",
      scope: "",
      auth_time: 0,
      amr: ["pwd"],
      preferred_username: "ada",
    },
  }),
};

let accounts: Accounts;
let events: AuditEvent[];
let store: ReturnType<typeof createMemoryAccountStore>;

beforeEach(() => {
  events = [];
  store = createMemoryAccountStore(() => 0);
  accounts = createAccounts({
    store,
    signer,
    hasher,
    clock: () => 0,
    secrets: [randomBytes(32).toString("base64url")],
    passwordMinLength: 15,
    sessionMaxSeconds: 3_600,
    sessionIdleSeconds: 3_600,
    audit: { record: (event) => void events.push(event) },
  });
});

async function signUp() {
  const issued = await accounts.signUp({ username: "ada", password }, client);
  const userId = (await store.findByUsername("ada"))?.id ?? "";
  events = [];
  return { userId, sessionId: issued.sessionId, refreshToken: issued.refresh?.token ?? "" };
}

describe("the audit log of accounts (PWD-17)", () => {
  it("knows who came in, from where, and in which session", async () => {
    const { userId } = await signUp();
    const { sessionId } = await accounts.issueToken({ username: "Ada", password }, client);
    expect(events).toEqual([{ kind: "sign_in", userId, sessionId, ...client, detail: {} }]);
  });

  it("knows whose password was wrong, and nothing of a name that nobody has", async () => {
    const { userId } = await signUp();
    for (const username of ["ada", "a password in the wrong field"]) {
      await expect(accounts.issueToken({ username, password: "wrong" }, client)).rejects.toThrow(/wrong/);
    }
    const failure = { kind: "sign_in_failed", ...client, detail: { reason: "credentials_invalid" } };
    expect(events).toEqual([{ ...failure, userId }, failure]);
  });

  it("does not hold what says nothing of who asks", async () => {
    await expect(accounts.issueToken({ username: "ada", password: "\u0000" }, client)).rejects.toThrow(
      /password is text/,
    );
    expect(events).toEqual([]);
  });

  it("knows of each ending that ended something, and of a wrong current password", async () => {
    const { userId, sessionId, refreshToken } = await signUp();
    const change = { currentPassword: "wrong", newPassword: "another horse battery staple" };
    await expect(accounts.changePassword({ sub: userId, sid: sessionId }, change, client)).rejects.toThrow(
      /current password/,
    );
    await accounts.sessions.endByRefreshToken(refreshToken);
    await accounts.sessions.endByRefreshToken(refreshToken);
    await accounts.sessions.end(userId, sessionId);
    const other = await accounts.issueToken({ username: "ada", password }, client);
    await accounts.sessions.end(userId, other.sessionId);
    expect(events.map(({ kind, sessionId: which }) => [kind, which])).toEqual([
      ["password_change_failed", undefined],
      ["sign_out", sessionId],
      ["sign_in", other.sessionId],
      ["session_ended", other.sessionId],
    ]);
  });
});
