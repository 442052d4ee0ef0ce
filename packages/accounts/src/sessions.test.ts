import { randomBytes } from "node:crypto";
import { type AuthError, isAuthError } from "@signet/auth/errors";
import { createKeyRing } from "@signet/auth/keys";
import { createAccessTokenSigner } from "@signet/auth/sign";
import { createMemorySigningKeyStore } from "@signet/auth/testing";
import { type AccessTokenVerifier, createAccessTokenVerifier } from "@signet/auth/verify";
import { beforeEach, describe, expect, it } from "vitest";
import { type Accounts, createAccounts } from "./accounts.ts";
import { createMemoryAccountStore } from "./memory-account-store.ts";
import type { PasswordHasher } from "./password-hasher.ts";
import { hashOf, parseRefreshToken } from "./refresh-token.ts";
import type { IssuedToken } from "./session-start.ts";
import type { SessionIncident } from "./sessions.ts";

const password = "correct horse battery staple";
const origin = "http://localhost:3000";
const client = { device: "Firefox on Linux", address: "192.0.2.7" };
const startMs = Date.UTC(2026, 10, 23);
const dayMs = 24 * 60 * 60 * 1000;
const newSecret = () => randomBytes(32).toString("base64url");

const hasher: PasswordHasher = {
  hash: async (text) => `hash:${text}`,
  verify: async (phc, text) => phc === `hash:${text}`,
  needsRehash: () => false,
  close: async () => undefined,
};

let nowMs: number;
let store: ReturnType<typeof createMemoryAccountStore>;
let incidents: SessionIncident[];
let endings: number;
let accounts: Accounts;
let issued: IssuedToken;
let verify: AccessTokenVerifier["verify"];
const secret = newSecret();
const clock = () => nowMs;

/** As another server process with these secrets would be; the clock of its own may be off. */
async function build(secrets: readonly string[], offsetMs = 0): Promise<Accounts> {
  const ownClock = () => nowMs + offsetMs;
  const keys = createKeyRing({
    algorithm: "ES256",
    secrets,
    store: createMemorySigningKeyStore(ownClock),
    clock: ownClock,
  });
  await keys.load();
  const options = { issuer: origin, audience: [origin], keys, clock: ownClock };
  if (secrets[0] === secret && offsetMs === 0) {
    const verifier = createAccessTokenVerifier({ ...options, algorithms: ["ES256"] });
    verify = (token) => verifier.verify(token);
  }
  return createAccounts({
    store,
    signer: createAccessTokenSigner({ ...options, ttlSeconds: 300 }),
    secrets,
    hasher,
    clock: ownClock,
    passwordMinLength: 15,
    sessionMaxSeconds: (30 * dayMs) / 1000,
    sessionIdleSeconds: (7 * dayMs) / 1000,
    onSessionsEnded: () => {
      endings += 1;
    },
    onIncident: (incident) => incidents.push(incident),
  });
}

const tokenOf = ({ refresh }: IssuedToken) => refresh?.token ?? "";
const reasonOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "none",
    (error: unknown) => (isAuthError(error) ? (error as AuthError).reason : error),
  );
const isEnded = async (sessionId: string) => (await store.findSession(sessionId))?.endedAt !== null;

beforeEach(async () => {
  nowMs = startMs;
  store = createMemoryAccountStore(clock);
  incidents = [];
  endings = 0;
  accounts = await build([secret]);
  issued = await accounts.signUp({ username: "alice", password }, client);
});

describe("a refresh", () => {
  it("gives an access token of the same session and the next refresh token (REF-02)", async () => {
    nowMs += 240_000;
    const next = await accounts.sessions.refresh(tokenOf(issued), client);
    expect(next.sessionId).toBe(issued.sessionId);
    expect(tokenOf(next)).not.toBe(tokenOf(issued));
    expect(next.refresh?.maxAgeSeconds).toBe((7 * dayMs) / 1000);
    const claims = await verify(next.accessToken);
    expect(claims).toMatchObject({ sid: issued.sessionId, iat: nowMs / 1000, auth_time: startMs / 1000 });
  });

  it("gives a hundred that come at once one and the same refresh token (REF-04)", async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => accounts.sessions.refresh(tokenOf(issued), client)),
    );
    expect(new Set(answers.map(tokenOf)).size).toBe(1);
    expect((await store.findSession(issued.sessionId))?.refresh?.counter).toBe(1);
    expect(incidents).toEqual([]);
  });

  it("gives the same attempt its answer again, after a sleep of six days", async () => {
    const lost = await accounts.sessions.refresh(tokenOf(issued), client, { attempt: "attempt-0123456789" });
    nowMs += 6 * dayMs;
    const again = await accounts.sessions.refresh(tokenOf(issued), client, { attempt: "attempt-0123456789" });
    expect(tokenOf(again)).toBe(tokenOf(lost));
    expect((await verify(again.accessToken)).iat).toBe(nowMs / 1000);
  });

  it("of a replaced token ends this session, and tells of it (REF-03)", async () => {
    const other = await accounts.issueToken({ username: "alice", password }, client);
    const newest = await accounts.sessions.refresh(tokenOf(issued), client);
    nowMs += 30_000;
    expect(await reasonOf(accounts.sessions.refresh(tokenOf(issued), client))).toBe("refresh_token_invalid");
    expect(await isEnded(issued.sessionId)).toBe(true);
    expect(await reasonOf(accounts.sessions.refresh(tokenOf(newest), client))).toBe("refresh_token_invalid");
    expect(incidents).toMatchObject([{ kind: "reuse", sessionId: issued.sessionId, address: client.address }]);
    expect(endings).toBe(1);
    expect((await store.listRevocations(0, 10)).entries).toMatchObject([{ kind: "session", id: issued.sessionId }]);
    // Sessions on other devices are untouched.
    expect(await reasonOf(accounts.sessions.refresh(tokenOf(other), client))).toBe("none");
  });

  it("repeated from another address is told of, and answered", async () => {
    await accounts.sessions.refresh(tokenOf(issued), client);
    await accounts.sessions.refresh(tokenOf(issued), { ...client, address: "198.51.100.9" });
    expect(incidents).toMatchObject([{ kind: "repeated_elsewhere", address: "198.51.100.9" }]);
  });

  it.each([
    ["nothing", () => ""],
    ["a token cut short", (token: string) => token.slice(0, -1)],
    ["one too long", (token: string) => `${token}A`],
    ["one in other letters", (token: string) => token.toLowerCase()],
    ["one with white space", (token: string) => ` ${token}`],
    ["one with padding", (token: string) => `${token}=`],
    ["one with other bits after the last byte", (token: string) => token.slice(0, -1) + nextLetter(token.at(-1))],
    ["one with another counter", (token: string) => withByte(token, 20, 9)],
    ["one of another version", (token: string) => withByte(token, 0, 2)],
    ["one with another signature", (token: string) => withByte(token, 40, 1)],
    ["an access token", () => issued.accessToken],
    ["a hash from the database", (token: string) => hashOf(token)],
  ])("of %s is refused, and ends nothing (REF-11)", async (_, forge) => {
    const forged = forge(tokenOf(issued));
    expect(await reasonOf(accounts.sessions.refresh(forged, client))).toBe("refresh_token_invalid");
    expect(await isEnded(issued.sessionId)).toBe(false);
    expect(await reasonOf(accounts.sessions.refresh(tokenOf(issued), client))).toBe("none");
  });

  it("of a token made from the database's contents and another secret is refused (REF-01)", async () => {
    const thief = await build([newSecret()]);
    const made = await thief.issueToken({ username: "alice", password }, client);
    expect(await reasonOf(accounts.sessions.refresh(withSession(tokenOf(made), issued.sessionId), client))).toBe(
      "refresh_token_invalid",
    );
    expect(await isEnded(issued.sessionId)).toBe(false);
  });

  it("that expects another session is refused, and ends nothing", async () => {
    const other = await accounts.issueToken({ username: "alice", password }, client);
    const asked = accounts.sessions.refresh(tokenOf(issued), client, { sessionId: other.sessionId });
    expect(await reasonOf(asked)).toBe("refresh_token_invalid");
    expect(await isEnded(issued.sessionId)).toBe(false);
  });

  it("is refused after an end, a rest beyond the idle limit, the absolute limit, and of a disabled user (REF-07, REF-17)", async () => {
    const { sessions } = accounts;
    const user = await store.findByUsername("alice");
    const ended = await accounts.issueToken({ username: "alice", password }, client);
    await sessions.end(user?.id ?? "", ended.sessionId);
    expect(await reasonOf(sessions.refresh(tokenOf(ended), client))).toBe("refresh_token_invalid");

    nowMs += 7 * dayMs;
    expect(await reasonOf(sessions.refresh(tokenOf(issued), client))).toBe("refresh_token_invalid");

    let current = await accounts.issueToken({ username: "alice", password }, client);
    for (let day = 0; day < 29; day += 1) {
      nowMs += dayMs;
      current = await sessions.refresh(tokenOf(current), client);
    }
    nowMs += dayMs;
    expect(await reasonOf(sessions.refresh(tokenOf(current), client))).toBe("refresh_token_invalid");

    const last = await accounts.issueToken({ username: "alice", password }, client);
    await store.disableUser(user?.id ?? "");
    expect(await reasonOf(sessions.refresh(tokenOf(last), client))).toBe("refresh_token_invalid");
  });

  it("a second before the session's end gives an access token that ends with it (REF-07)", async () => {
    let current = issued;
    for (let day = 0; day < 29; day += 1) {
      nowMs += dayMs;
      current = await accounts.sessions.refresh(tokenOf(current), client);
    }
    nowMs += dayMs - 1_000;
    const last = await accounts.sessions.refresh(tokenOf(current), client);
    const { iat, exp } = await verify(last.accessToken);
    expect(exp - iat).toBe(1);
    expect(last.refresh?.maxAgeSeconds).toBe(1);
  });

  it("of a session without refresh tokens does not exist", async () => {
    const bare = await accounts.issueToken({ username: "alice", password }, client, { refreshable: false });
    expect(bare.refresh).toBeNull();
    expect(await reasonOf(accounts.sessions.refresh(withSession(tokenOf(issued), bare.sessionId), client))).toBe(
      "refresh_token_invalid",
    );
  });

  it("is decided by the database's clock alone, whatever the servers believe", async () => {
    const [ahead, behind] = [await build([secret], 35_000), await build([secret], -35_000)];
    let current = issued;
    for (let round = 0; round < 20; round += 1) {
      const [first, second] = await Promise.all([
        ahead.sessions.refresh(tokenOf(current), client),
        behind.sessions.refresh(tokenOf(current), client),
      ]);
      expect(tokenOf(first)).toBe(tokenOf(second));
      nowMs += 240_000;
      current = first;
    }
    expect(await isEnded(issued.sessionId)).toBe(false);
  });

  it("survives a secret that was changed carelessly", async () => {
    const changed = await build([newSecret()]);
    const next = await changed.sessions.refresh(tokenOf(issued), client);
    nowMs += 60_000;
    expect(await reasonOf(changed.sessions.refresh(tokenOf(next), client))).toBe("none");
  });

  it("on servers that hold different first secrets gives everybody one successor", async () => {
    const second = newSecret();
    const servers = [await build([secret, second]), await build([second, secret])];
    let current = issued;
    for (let round = 0; round < 10; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, index) => servers[index % 2]?.sessions.refresh(tokenOf(current), client)),
      );
      expect(new Set(answers.map((answer) => answer && tokenOf(answer))).size).toBe(1);
      current = answers[0] ?? current;
      nowMs += 240_000;
    }
  });

  it("on a server that cannot make the newest token is asked to come again, and nobody is signed out", async () => {
    const other = await build([newSecret()]);
    const moved = await other.sessions.refresh(tokenOf(issued), client);
    expect(await reasonOf(accounts.sessions.refresh(tokenOf(issued), client))).toBe("keys_unavailable");
    expect(await reasonOf(other.sessions.refresh(tokenOf(moved), client))).toBe("none");
  });
});

describe("an end", () => {
  it("by any genuine token of the session, also one replaced long ago (REF-12)", async () => {
    await accounts.sessions.refresh(tokenOf(issued), client);
    nowMs += dayMs;
    expect(await accounts.sessions.endByRefreshToken(tokenOf(issued))).toBe(1);
    expect(await isEnded(issued.sessionId)).toBe(true);
    expect(await accounts.sessions.endByRefreshToken(tokenOf(issued))).toBe(0);
  });

  it("is not made by a token that is not genuine", async () => {
    expect(await accounts.sessions.endByRefreshToken(withByte(tokenOf(issued), 40, 1))).toBe(0);
    expect(await accounts.sessions.endByRefreshToken("")).toBe(0);
    expect(await isEnded(issued.sessionId)).toBe(false);
  });

  it("of a session is for its own user alone", async () => {
    const bob = await accounts.signUp({ username: "bob", password }, client);
    const { sub } = await verify(bob.accessToken);
    expect(await accounts.sessions.end(sub, issued.sessionId)).toBe(0);
    expect(await isEnded(issued.sessionId)).toBe(false);
  });

  it("of the others leaves this one; of all leaves none (REF-15)", async () => {
    const { sub } = await verify(issued.accessToken);
    const more = [await signIn(), await signIn()];
    expect(await accounts.sessions.endOthers(sub, issued.sessionId)).toBe(2);
    expect((await accounts.sessions.list(sub)).map(({ id }) => id)).toEqual([issued.sessionId]);
    expect(await accounts.sessions.endAll(sub)).toBe(1);
    expect(await accounts.sessions.list(sub)).toEqual([]);
    expect(await accounts.sessions.findEnded([...more.map(({ sessionId }) => sessionId), "unknown"])).toHaveLength(3);
  });

  it("shows at once to those who must be certain", async () => {
    const claims = await verify(issued.accessToken);
    await expect(accounts.sessions.requireLive(claims)).resolves.toBeUndefined();
    expect(await reasonOf(accounts.sessions.requireLive({ ...claims, sub: "somebody else" }))).toBe("token_revoked");
    await accounts.sessions.end(claims.sub, claims.sid);
    expect(await reasonOf(accounts.sessions.requireLive(claims))).toBe("token_revoked");
  });

  it("of one token alone shows at once to those who must be certain, and the session goes on", async () => {
    const claims = await verify(issued.accessToken);
    const before = endings;
    expect(await accounts.sessions.revokeToken(claims)).toBe(1);
    expect(await accounts.sessions.revokeToken(claims)).toBe(0);
    expect(endings - before).toBe(1);
    expect(await reasonOf(accounts.sessions.requireLive(claims))).toBe("token_revoked");
    await expect(accounts.sessions.requireLive({ ...claims, jti: "another" })).resolves.toBeUndefined();
    expect(await isEnded(issued.sessionId)).toBe(false);
  });

  it("in the very moment of a refresh leaves no live session, in either order (REF-12)", async () => {
    const { sub } = await verify(issued.accessToken);
    for (let round = 0; round < 20; round += 1) {
      const { sessionId, refresh } = await signIn();
      const both = [accounts.sessions.refresh(refresh?.token ?? "", client), accounts.sessions.end(sub, sessionId)];
      const [refreshed] = await Promise.allSettled(round % 2 === 0 ? both : both.toReversed());
      expect(refreshed).toBeDefined();
      expect(await isEnded(sessionId)).toBe(true);
    }
  });
});

describe("a changed password (PWD-15)", () => {
  const newPassword = "five other plain words here";

  it("ends every session, begins one, and is the one that counts from then on", async () => {
    const claims = await verify(issued.accessToken);
    const phone = await signIn();
    const renewed = await accounts.changePassword(claims, { currentPassword: password, newPassword }, client);
    expect(await isEnded(issued.sessionId)).toBe(true);
    expect(await isEnded(phone.sessionId)).toBe(true);
    expect(await isEnded(renewed.sessionId)).toBe(false);
    expect(endings).toBe(1);
    expect(await reasonOf(accounts.sessions.refresh(tokenOf(phone), client))).toBe("refresh_token_invalid");
    expect(await reasonOf(accounts.sessions.refresh(tokenOf(renewed), client))).toBe("none");
    expect(await reasonOf(signIn())).toBe("credentials_invalid");
    expect(await reasonOf(accounts.issueToken({ username: "alice", password: newPassword }, client))).toBe("none");
  });

  it("needs the current one, and a new one that is good enough; otherwise nothing changes", async () => {
    const claims = await verify(issued.accessToken);
    const change = (currentPassword: string, wanted: string) =>
      accounts
        .changePassword(claims, { currentPassword, newPassword: wanted }, client)
        .catch((error: unknown) => error);
    expect(await change("not the password", newPassword)).toMatchObject({
      reason: "credentials_invalid",
      claim: "currentPassword",
    });
    expect(await change(password, "short")).toMatchObject({ reason: "password_unacceptable", claim: "newPassword" });
    expect(await reasonOf(signIn())).toBe("none");
    expect(await isEnded(issued.sessionId)).toBe(false);
  });

  it("of two changes at once lets one be made", async () => {
    const claims = await verify(issued.accessToken);
    const wanted = ["the first new pass phrase", "the second new pass phrase"];
    const results = await Promise.all(
      wanted.map((newOne) =>
        reasonOf(accounts.changePassword(claims, { currentPassword: password, newPassword: newOne }, client)),
      ),
    );
    expect(results.toSorted()).toEqual(["credentials_invalid", "none"]);
  });
});

function signIn(): Promise<IssuedToken> {
  return accounts.issueToken({ username: "alice", password }, client);
}

function withByte(token: string, index: number, by: number): string {
  const bytes = Buffer.from(token, "base64url");
  bytes[index] = ((bytes[index] ?? 0) + by) % 256;
  return bytes.toString("base64url");
}

/** The same token, claiming to be of another session. */
function withSession(token: string, sessionId: string): string {
  expect(parseRefreshToken(token)).toBeDefined();
  const bytes = Buffer.from(token, "base64url");
  Buffer.from(sessionId, "base64url").copy(bytes, 1);
  return bytes.toString("base64url");
}

/** A letter with the same first four bits: the last letter of a token carries two that mean nothing. */
function nextLetter(letter = "A"): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return letters[letters.indexOf(letter) ^ 1] ?? "";
}

describe("what a refresh token is good for", () => {
  const token = (of: IssuedToken) => of.refresh?.token ?? "";
  const inspect = (text: string) => accounts.sessions.inspectRefreshToken(text);

  it("is told while it could be used, with the end of the rest it may have", async () => {
    const { sub, sid } = await verify(issued.accessToken);
    expect(await inspect(token(issued))).toEqual({
      userId: sub,
      sessionId: sid,
      expiresAt: startMs / 1000 + (7 * dayMs) / 1000,
    });
  });

  const cases: Record<string, () => Promise<string>> = {
    nonsense: async () => "nonsense",
    "an access token": async () => issued.accessToken,
    "a token of an unknown session": async () => {
      store = createMemoryAccountStore(clock);
      accounts = await build([secret]);
      return token(issued);
    },
    "one with another letter in it": async () => {
      const [head, letter, rest] = [token(issued).slice(0, 40), token(issued)[40], token(issued).slice(41)];
      return `${head}${letter === "A" ? "B" : "A"}${rest}`;
    },
    "one whose session was ended": async () => {
      await accounts.sessions.endByRefreshToken(token(issued));
      return token(issued);
    },
    "one that has rested too long": async () => {
      nowMs += 7 * dayMs;
      return token(issued);
    },
    "one that was replaced long ago": async () => {
      await accounts.sessions.refresh(token(issued), client);
      nowMs += 31_000;
      return token(issued);
    },
  };

  it.each(Object.entries(cases))("of %s there is nothing to tell", async (_name, make) => {
    expect(await inspect(await make())).toBeUndefined();
  });

  it("can be asked as often as one likes: nothing moves and nothing ends by it", async () => {
    const next = await accounts.sessions.refresh(token(issued), client);
    nowMs += 31_000;
    // In a refresh this one would be a theft.
    await inspect(token(issued));
    for (let i = 0; i < 3; i += 1) expect(await inspect(token(next))).toBeDefined();
    expect(incidents).toEqual([]);
    expect(await isEnded(issued.sessionId)).toBe(false);
    await expect(accounts.sessions.refresh(token(next), client)).resolves.toBeDefined();
  });
});
