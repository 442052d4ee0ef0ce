// Commands beside a server that runs: what they do must show there, on a true PostgreSQL and on the embedded database.

import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestDatabase } from "@signet/db/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, signet, signetJson, startServer, startSignet, until } from "./processes.ts";

const password = `canary ${randomBytes(16).toString("hex")}`;
const wrongPassword = `canary ${randomBytes(16).toString("hex")}`;

interface Event {
  kind: string;
  at: string;
  username: string | null;
  sessionId: string | null;
  address: string | null;
  device: string | null;
  detail: Record<string, unknown> | null;
}

interface Key {
  kid: string;
  phase: string;
}

// On both by `npm run test:long`; a command starts in a second, and there are many.
const kinds = ["the embedded database", ...(process.env["SIGNET_LONG_TESTS"] === "1" ? ["a true PostgreSQL"] : [])];

describe.each(kinds)("beside a server on %s", (kind) => {
  let server: RunningServer;
  let dataDir: string;
  let drop: () => Promise<void> = async () => {};

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "signet test "));
    const clients = { RESOURCE_SERVER_CLIENTS: `notes:${randomBytes(32).toString("base64url")}` };
    if (kind === "the embedded database") {
      server = await startServer({ DATA_DIR: dataDir, ...clients });
    } else {
      const created = await createTestDatabase();
      ({ drop } = created);
      const secret = randomBytes(32).toString("base64url");
      server = await startServer({
        DATABASE_URL: created.connectionString,
        AUTH_SECRET: secret,
        DATA_DIR: dataDir,
        ...clients,
      });
    }
  });
  afterAll(async () => {
    await server.stop();
    await drop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const run = (args: readonly string[], input?: string) => signet(server.settings, args, input);
  const json = <Value>(args: readonly string[], input?: string) => signetJson<Value>(server.settings, args, input);

  async function call(procedure: string, input: object | undefined, headers: Record<string, string> = {}) {
    const answer = await fetch(`${server.url}/api/trpc/${procedure}`, {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": "Firefox", ...headers },
      ...(input === undefined ? {} : { body: JSON.stringify(input) }),
    });
    return { status: answer.status, data: (await answer.json()).result?.data };
  }
  const newName = () => `user-${randomBytes(6).toString("hex")}`;
  async function newUser(): Promise<string> {
    const name = newName();
    await json(["users", "create", name], password);
    return name;
  }
  async function signIn(username: string): Promise<{ accessToken: string; refreshToken: string; sessionId: string }> {
    const { status, data } = await call("auth.issueToken", { username, password, refreshToken: "body" });
    expect(status).toBe(200);
    return data;
  }
  async function verdict(accessToken: string): Promise<string> {
    const headers = { authorization: `Bearer ${accessToken}` };
    const answer = await fetch(`${server.url}/api/protected`, { headers });
    return answer.status === 200 ? "accepted" : (await answer.json()).reason;
  }
  const refused = (accessToken: string) => until(async () => (await verdict(accessToken)) === "token_revoked", 1_000);
  const publishedKids = async () => {
    const { keys } = (await (await fetch(`${server.url}/.well-known/jwks.json`)).json()) as { keys: { kid: string }[] };
    return keys.map(({ kid }) => kid);
  };

  test("a user made here signs in there, and is out within a second when disabled here", async () => {
    const name = await newUser();
    const { accessToken } = await signIn(name);
    await json(["users", "scopes", name, "notes:read"]);
    expect(JSON.parse(atob((await signIn(name)).accessToken.split(".")[1] ?? "").toString()).scope).toBe("notes:read");
    await json(["users", "disable", name]);
    await refused(accessToken);
    expect((await call("auth.issueToken", { username: name, password })).status).toBe(401);
    await json(["users", "enable", name]);
    await signIn(name);
  });

  test("a session ended here is refused there within a second, and the others are not", async () => {
    const name = await newUser();
    const one = await signIn(name);
    const other = await signIn(name);
    await json(["sessions", "end", one.sessionId]);
    await refused(one.accessToken);
    expect(await verdict(other.accessToken)).toBe("accepted");
  });

  test("token verify and inspect say what a token is, from an argument and from standard input", async () => {
    const { accessToken, sessionId } = await signIn(await newUser());
    const inspected = await run(["token", "inspect"], `${accessToken}\n`);
    expect(inspected).toMatchObject({ code: 0, stdout: expect.stringContaining(`sid: ${sessionId}`) });
    expect(inspected.stdout).toMatch(/Not checked/);
    expect(inspected.stdout).not.toContain(accessToken.split(".")[2]);
    expect(await json(["token", "inspect", accessToken])).toMatchObject({ proven: false, claims: { sid: sessionId } });
    for (const where of [[], ["--issuer", server.url]]) {
      expect(await json(["token", "verify", ...where], accessToken)).toMatchObject({
        valid: true,
        claims: { sid: sessionId },
      });
      const tampered = await run(["token", "verify", "--json", ...where, `${accessToken.slice(0, -8)}AAAAAAAA`]);
      expect(tampered.code).toBe(1);
      expect(JSON.parse(tampered.stdout)).toEqual({ valid: false, reason: "token_invalid" });
      expect(tampered.stderr).toMatch(/^Refused: token_invalid/);
    }
    await json(["sessions", "end", sessionId]);
    expect(await run(["token", "verify", accessToken])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/token_revoked/),
    });
    expect(await run(["token", "inspect", "junk"])).toMatchObject({ code: 1, stdout: "" });
    expect((await run(["token", "verify"])).code).toBe(2);
  });

  test("a key rotated here is published there within six seconds (KEY-17)", async () => {
    const { kid } = await json<Key>(["keys", "rotate"]);
    await until(async () => (await publishedKids()).includes(kid), 6_000);
    expect(await json<Key[]>(["keys", "list"])).toContainEqual(expect.objectContaining({ kid, phase: "published" }));
  });

  test("the tokens of a key revoked here are refused there within a second, and others are issued (KEY-19)", async () => {
    const name = await newUser();
    const { accessToken } = await signIn(name);
    const signing = (await json<Key[]>(["keys", "list"])).find(({ phase }) => phase === "signing");
    await json(["keys", "revoke", signing?.kid ?? ""]);
    // Revoked as far as it has heard, then the token of a key that it does not have any more.
    await until(async () => (await verdict(accessToken)) !== "accepted", 1_000);
    expect(await verdict(accessToken)).toMatch(/^token_(revoked|invalid)$/);
    await until(async () => !(await publishedKids()).includes(signing?.kid ?? ""), 6_000);
    expect(await verdict((await signIn(name)).accessToken)).toBe("accepted");
  });

  test("doctor finds the server ready", async () => {
    const findings = await json<{ what: string; state: string }[]>(["doctor"]);
    expect(findings).toContainEqual(expect.objectContaining({ what: "server", state: "ok" }));
    expect(findings.filter(({ state }) => state === "bad")).toEqual([]);
  });

  test("the audit log knows who came, who did not, and who ended what; nothing secret or typed is in it (PWD-17)", async () => {
    const name = newName();
    const following = startSignet(server.settings, ["audit", "--follow", "--json", "--since", "1s"]);
    const typed = `typed-${randomBytes(8).toString("hex")}`;
    const first = await call("auth.signUp", { username: name, password, refreshToken: "body" });
    await call("auth.issueToken", { username: name, password: wrongPassword });
    await call("auth.issueToken", { username: typed, password: wrongPassword });
    const second = await signIn(name);
    const refreshed = await call("auth.refresh", { refreshToken: second.refreshToken });
    const later = await call("auth.refresh", { refreshToken: refreshed.data.refreshToken });
    // A token that was replaced twice: stolen, as far as anybody can tell.
    expect((await call("auth.refresh", { refreshToken: second.refreshToken })).status).toBe(401);
    const third = await signIn(name);
    const bearer = { authorization: `Bearer ${third.accessToken}` };
    const newPassword = `canary ${randomBytes(16).toString("hex")}`;
    const changed = await call(
      "auth.changePassword",
      { currentPassword: password, newPassword, refreshToken: "body" },
      bearer,
    );
    expect(changed.status).toBe(200);
    await fetch(`${server.url}/auth/sign-out`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ refresh_token: changed.data.refreshToken }),
    });
    const basic = { authorization: `Basic ${btoa(`notes:${wrongPassword}`)}` };
    await fetch(`${server.url}/auth/introspect`, { method: "POST", headers: basic });

    let events: Event[] = [];
    await until(async () => {
      events = await json<Event[]>(["audit", "--user", name]);
      return events.some(({ kind: what }) => what === "sign_out");
    });
    expect(events.map(({ kind: what }) => what)).toEqual([
      "sign_up",
      "sign_in_failed",
      "sign_in",
      "refresh_reuse",
      "sign_in",
      "password_changed",
      "sign_out",
    ]);
    expect(events[0]).toMatchObject({
      username: name,
      sessionId: first.data.sessionId,
      address: expect.stringMatching(/127\.0\.0\.1|::1/),
      device: "Firefox",
    });
    expect(await json<Event[]>(["audit", "--user", name, "--kind", "sign_up", "sign_out"])).toHaveLength(2);
    const all = await run(["audit", "--json"]);
    const failures = (JSON.parse(all.stdout) as Event[]).filter(({ kind: what }) => what === "sign_in_failed");
    expect(failures.some(({ username }) => username === null)).toBe(true);
    const refusedClient = (JSON.parse(all.stdout) as Event[]).find(({ kind: what }) => what === "client_refused");
    expect(refusedClient?.detail).toEqual({ client: "notes" });

    await until(async () => following.output().includes("password_changed"));
    expect(await following.stop()).toBe(0);
    const shown = (await run(["audit"])).stdout;
    for (const line of shown.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    const tokens = [first.data, second, refreshed.data, later.data, third, changed.data];
    const canaries = [
      password,
      wrongPassword,
      newPassword,
      typed,
      ...tokens.flatMap(({ accessToken, refreshToken }) => [accessToken.split(".")[2], refreshToken]),
    ];
    for (const canary of canaries) {
      for (const text of [all.stdout, shown, following.output(), server.output()]) expect(text).not.toContain(canary);
    }
    expect((await run(["audit", "--user", newName()])).code).toBe(1);
    expect((await run(["audit", "--kind", "nonsense"])).code).toBe(2);
    expect((await run(["audit", "--since", "yesterday"])).code).toBe(2);
  });
});
