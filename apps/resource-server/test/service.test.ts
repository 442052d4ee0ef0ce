// What the service does with requests. Its verifier is the real one, and asks an issuer over HTTP.

import diagnostics from "node:diagnostics_channel";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startIssuer, type TestIssuer } from "./test-issuer.ts";
import { startService, type TestService, webOrigin } from "./test-service.ts";

let issuer: TestIssuer;
let notes: TestService;

beforeEach(async () => {
  issuer = await startIssuer();
  notes = await startService(issuer);
});

afterEach(async () => {
  await notes.stop();
  await issuer.kill().catch(() => {});
});

describe("notes", () => {
  test("are kept, listed and removed for whom the token names", async () => {
    const token = await issuer.token();
    expect(await notes.call("list", undefined, token)).toMatchObject({ status: 200, data: [] });
    const added = await notes.call("add", { text: "Seal your letters." }, token);
    const note = { id: expect.any(String), text: "Seal your letters.", createdAt: expect.any(Number) };
    expect(added).toMatchObject({ status: 200, data: note });
    expect((await notes.call("list", undefined, token)).data).toEqual([note]);
    const { id } = added.data as { id: string };
    expect(await notes.call("remove", { id }, token)).toMatchObject({ status: 200, data: { id } });
    expect((await notes.call("list", undefined, token)).data).toEqual([]);
  });

  test("of somebody else are not listed, and cannot be removed: as if there were none (RS-11)", async () => {
    const [ada, eve] = await Promise.all([issuer.token({ sub: "ada" }), issuer.token({ sub: "eve" })]);
    const { data } = await notes.call("add", { text: "mine" }, ada);
    expect((await notes.call("list", undefined, eve)).data).toEqual([]);
    const guessed = await notes.call("remove", data, eve).then(({ error }) => error);
    const { id } = data as { id: string };
    const taken = await notes.call("remove", { id }, eve);
    const absent = await notes.call("remove", { id: "no-such-note" }, eve);
    expect(taken).toMatchObject({ status: 404, error: { data: { reason: "not_found" } } });
    expect(taken.error).toEqual(absent.error);
    expect(guessed?.data["reason"]).toBe("input_invalid");
    expect((await notes.call("list", undefined, ada)).data).toHaveLength(1);
  });

  test.each([
    ["no owner but the token's", { text: "x", sub: "ada" }],
    ["no empty text", { text: "" }],
    ["no text that is too long", { text: "x".repeat(2_001) }],
    ["no other kind of text", { text: 1 }],
    ["no missing text", {}],
    ["nothing that is no object", "x"],
  ])("take %s (SRV-03)", async (_name, input) => {
    const { status, error } = await notes.call("add", input, await issuer.token());
    expect(status).toBe(400);
    expect(error?.data["reason"]).toBe("input_invalid");
    expect(error?.data).not.toHaveProperty("retry");
  });

  test("have 2,000 characters, however many bytes those take", async () => {
    const text = "\u{1f58b}".repeat(2_000);
    const { status, data } = await notes.call("add", { text }, await issuer.token());
    expect(status).toBe(200);
    expect(data).toMatchObject({ text });
  });

  test("in a broken file are 503 for their owner, and for nobody else", async () => {
    const [ada, bob] = await Promise.all([issuer.token({ sub: "ada" }), issuer.token({ sub: "bob" })]);
    await notes.call("add", { text: "x" }, ada);
    await writeFile(join(notes.folder, (await readdir(notes.folder))[0] ?? ""), "canary");
    const { status, error, headers } = await notes.call("list", undefined, ada);
    expect(status).toBe(503);
    expect(error?.data).toMatchObject({ reason: "storage_unavailable", code: "SERVICE_UNAVAILABLE" });
    expect(error?.data).not.toHaveProperty("retry");
    expect(headers.get("retry-after")).toBe("2");
    expect(JSON.stringify(error)).not.toContain(notes.folder);
    expect(notes.log()).toContain("is not a file of notes");
    expect(notes.log()).not.toContain("canary");
    expect((await notes.call("add", { text: "x" }, bob)).status).toBe(200);
  });
});

describe("who comes in", () => {
  test("is told its claims by /protected", async () => {
    const answer = await notes.fetch("/protected", { token: await issuer.token({ sub: "ada" }) });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ claims: { iss: issuer.url, aud: issuer.url, sub: "ada" } });
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  const refusals: [string, (issuer: TestIssuer) => Promise<string>, string][] = [
    ["a token that has expired", (by) => by.token({ iat: 1_000, exp: 1_300, auth_time: 1_000 }), "token_expired"],
    ["a token for another audience", (by) => by.token({ aud: "https://other.example" }), "token_invalid"],
    ["a token of another issuer", (by) => by.token({ iss: "https://other.example" }), "token_invalid"],
    ["a key that was never published", (by) => by.foreignToken(), "token_invalid"],
    ["what is no token", () => Promise.resolve("abc"), "token_malformed"],
  ];

  test.each(refusals)("is not %s: 401 with the reason", async (_name, make, reason) => {
    const token = await make(issuer);
    const answer = await notes.fetch("/protected", { token });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe(
      `Bearer realm="signet", error="invalid_token", error_description="${reason}"`,
    );
    expect(await answer.json()).toEqual({ error: "invalid_token", reason, detail: "Could not validate credentials" });

    for (const procedure of ["list", "add", "remove"]) {
      const { status, error, headers } = await notes.call(procedure, { text: "x", id: "x" }, token);
      expect(status).toBe(401);
      expect(error?.message).toBe("Could not validate credentials");
      // The resolver has not run: a new token may be the remedy.
      expect(error?.data).toMatchObject({ reason, retry: true, path: `notes.${procedure}` });
      expect(headers.get("www-authenticate")).toContain(reason);
    }
    expect(notes.log()).not.toContain(token);
    expect(await readdir(notes.folder)).toEqual([]);
  });

  test("is nobody without credentials, and no repetition helps", async () => {
    const answer = await notes.fetch("/protected");
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="signet"');
    for (const procedure of ["list", "add", "remove"]) {
      const { status, error } = await notes.call(procedure, {});
      expect(status).toBe(401);
      expect(error?.data).toMatchObject({ reason: "token_missing" });
      expect(error?.data).not.toHaveProperty("retry");
    }
  });

  test("is not looked for in the address, a cookie or another header (HTTP-07)", async () => {
    const token = await issuer.token();
    const headers = { cookie: `token=${token}; Authorization=Bearer ${token}`, "x-authorization": `Bearer ${token}` };
    for (const path of ["/protected", "/trpc/notes.list"]) {
      const answer = await notes.fetch(`${path}?access_token=${token}&token=${token}`, { headers });
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="signet"');
    }
  });

  test("must have the scope that is asked for, for each operation: 403 (RS-10)", async () => {
    const strict = await startService(issuer, { requiredScopes: ["notes"] });
    const [without, other, granted] = await Promise.all(
      ["", "noted notes:read", "profile notes"].map((scope) => issuer.token({ scope })),
    );
    for (const token of [without, other]) {
      for (const procedure of ["list", "add", "remove"]) {
        const { status, error } = await strict.call(procedure, { text: "x" }, token);
        expect(status).toBe(403);
        expect(error?.data).toMatchObject({ reason: "insufficient_scope", code: "FORBIDDEN" });
        expect(error?.data).not.toHaveProperty("retry");
      }
      const answer = await strict.fetch("/protected", { token: token ?? "" });
      expect(answer.status).toBe(403);
      expect(answer.headers.get("www-authenticate")).toContain('error="insufficient_scope"');
      expect(answer.headers.get("www-authenticate")).toContain('scope="notes"');
    }
    expect(await strict.call("add", { text: "x" }, granted)).toMatchObject({ status: 200 });
    expect((await strict.fetch("/protected", { token: granted ?? "" })).status).toBe(200);
    await strict.stop();
  });

  test("is decided for each operation of a batch", async () => {
    const token = await issuer.token();
    const answer = await notes.fetch("/trpc/notes.list,notes.nothing,notes.list?batch=1", { token });
    expect(answer.status).toBe(207);
    expect(await answer.json()).toMatchObject([
      { result: { data: [] } },
      { error: { data: { reason: "not_found" } } },
      { result: { data: [] } },
    ]);
  });
});

describe("what was ended elsewhere (RS-07)", () => {
  test("is refused within a second, here too", async () => {
    const token = await issuer.token({ sid: "session-7" });
    expect((await notes.call("list", undefined, token)).status).toBe(200);
    issuer.revoke("session", "session-7");
    const endedAt = performance.now();
    await expect.poll(async () => (await notes.call("list", undefined, token)).status, { interval: 5 }).toBe(401);
    expect(performance.now() - endedAt).toBeLessThan(1_000);
    const { error } = await notes.call("add", { text: "x" }, token);
    expect(error?.data).toMatchObject({ reason: "token_revoked", retry: true });
    expect((await notes.call("list", undefined, await issuer.token({ sid: "session-8" }))).status).toBe(200);
  });
});

describe("the issuer", () => {
  test("is not asked for a token once the keys are here: no request, no socket (RS-01)", async () => {
    const token = await issuer.token();
    expect((await notes.call("add", { text: "x" }, token)).status).toBe(200);
    // What is held at the feed is news of what was ended, and no token waits for it.
    await expect.poll(() => issuer.held).toBe(1);
    let sockets = 0;
    const count = () => (sockets += 1);
    diagnostics.subscribe("net.client.socket", count);
    const before = issuer.asked.length;
    for (let round = 0; round < 50; round += 1) {
      const fresh = await issuer.token({ jti: `token-${round}`, sub: `person-${round}` });
      expect((await notes.fetch("/protected", { token: fresh })).status).toBe(200);
      expect((await notes.call("list", undefined, fresh)).status).toBe(200);
    }
    diagnostics.unsubscribe("net.client.socket", count);
    expect(sockets).toBe(0);
    expect(issuer.asked.slice(before)).toEqual([]);
  });

  test("may be gone: what it signed goes on being accepted (RS-02)", async () => {
    await issuer.kill();
    const token = await issuer.token({ jti: "never seen before" });
    expect((await notes.call("add", { text: "x" }, token)).status).toBe(200);
    expect((await notes.fetch("/protected", { token })).status).toBe(200);
    expect((await notes.fetch("/readyz")).status).toBe(200);
    expect((await notes.fetch("/protected", { token: await issuer.foreignToken() })).status).toBe(401);
    await issuer.revive();
  });

  test("that never gave its keys makes 503, not 401 and not 200; and no readiness until it does (RS-03)", async () => {
    issuer.publishes = false;
    const late = await startService(issuer, { ready: false });
    const token = await issuer.token();
    for (const answer of [
      await late.fetch("/protected", { token }),
      await late.fetch("/protected", { token: await issuer.foreignToken() }),
    ]) {
      expect(answer.status).toBe(503);
      expect(answer.headers.has("retry-after")).toBe(true);
      expect(answer.headers.has("www-authenticate")).toBe(false);
      expect(await answer.json()).toMatchObject({ error: "temporarily_unavailable", reason: "keys_unavailable" });
    }
    const { status, error } = await late.call("list", undefined, token);
    expect(status).toBe(503);
    expect(error?.data).toMatchObject({ reason: "keys_unavailable", code: "SERVICE_UNAVAILABLE" });
    expect(error?.data).not.toHaveProperty("retry");
    const readyz = await late.fetch("/readyz");
    expect(readyz.status).toBe(503);
    expect(await readyz.json()).toMatchObject({ ready: false, checks: { keys: "missing" } });
    expect((await late.fetch("/healthz")).status).toBe(200);
    // A stranger's requests do not fill the log.
    expect(late.log()).not.toContain('"level":50');

    issuer.publishes = true;
    await expect.poll(async () => (await late.fetch("/readyz")).status, { timeout: 10_000 }).toBe(200);
    expect((await late.fetch("/protected", { token })).status).toBe(200);
    await late.stop();
  });
});

describe("a feed that cannot be read at the start", () => {
  test("keeps the service from being ready: nobody is to be sent to one that does not know what was ended (RS-09)", async () => {
    issuer.hasFeed = false;
    const blind = await startService(issuer, { ready: false });
    await expect.poll(() => blind.verifier.status().keys).toBe("ok");
    const readyz = await blind.fetch("/readyz");
    expect(readyz.status).toBe(503);
    expect(await readyz.json()).toEqual({ ready: false, checks: { keys: "ok", revocations: "missing" } });
    issuer.hasFeed = true;
    await expect.poll(async () => (await blind.fetch("/readyz")).status, { timeout: 10_000 }).toBe(200);
    await blind.stop();
  });
});

describe("web pages (HTTP-12)", () => {
  const preflight = (origin: string) =>
    notes.fetch("/trpc/notes.add", {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
      },
    });

  test("of the origins that are named may call, with a token and without cookies", async () => {
    const asked = await preflight(webOrigin);
    expect(asked.status).toBe(204);
    expect(Object.fromEntries(asked.headers)).toEqual({
      vary: "Origin",
      "access-control-allow-origin": webOrigin,
      "access-control-allow-methods": "GET, POST",
      "access-control-allow-headers": "authorization, content-type, trpc-accept",
      "access-control-max-age": "600",
    });
    const answer = await notes.fetch("/trpc/notes.list", {
      token: await issuer.token(),
      headers: { origin: webOrigin },
    });
    expect(answer.headers.get("access-control-allow-origin")).toBe(webOrigin);
    expect(answer.headers.has("access-control-allow-credentials")).toBe(false);
    expect(answer.headers.get("vary")).toMatch(/Origin/);
    const refused = await notes.fetch("/protected", { headers: { origin: webOrigin } });
    expect(refused.headers.get("access-control-allow-origin")).toBe(webOrigin);
    expect(refused.headers.get("access-control-expose-headers")).toContain("www-authenticate");
  });

  test.each(["https://evil.example", "null", `${webOrigin}.evil.example`, "http://app.example"])(
    "of %s may not",
    async (origin) => {
      const asked = await preflight(origin);
      expect([...asked.headers.keys()]).toEqual(["vary"]);
      const answer = await notes.fetch("/protected", { token: await issuer.token(), headers: { origin } });
      expect(answer.headers.has("access-control-allow-origin")).toBe(false);
    },
  );

  test("cannot write with a form, which no browser asks about first", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
      const answer = await notes.fetch("/trpc/notes.add", {
        method: "POST",
        token: await issuer.token(),
        headers: { "content-type": type },
        body: '{"text":"x"}',
      });
      expect(answer.status).toBe(400);
      // Before anything is read of it.
      expect(await answer.json()).toMatchObject({ detail: "Send JSON: Content-Type: application/json." });
    }
    expect(await readdir(notes.folder)).toEqual([]);
  });
});

describe("limits (SRV-04)", () => {
  test("a body has 64 KiB at most, announced or not", async () => {
    const token = await issuer.token();
    const send = (body: BodyInit, headers: Record<string, string> = {}) =>
      notes.fetch("/trpc/notes.add", {
        method: "POST",
        token,
        headers: { "content-type": "application/json", ...headers },
        body,
        duplex: "half",
      } as RequestInit & { token: string });
    expect((await send(JSON.stringify({ text: "x".repeat(65_600) }))).status).toBe(413);
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(16_384)) });
    expect((await send(endless)).status).toBe(413);
    expect((await send("{}", { "content-length": "70000" })).status).toBe(413);
  });

  test("a batch has 30 operations at most", async () => {
    const batch = (size: number) =>
      notes.fetch(`/trpc/${Array.from({ length: size }, () => "notes.list").join()}?batch=1`);
    expect((await batch(30)).status).toBe(401);
    expect((await batch(31)).status).toBe(400);
  });

  test("what is not there is 404, and what is read is not written", async () => {
    expect((await notes.fetch("/nowhere")).status).toBe(404);
    expect((await notes.fetch("/trpc/notes.nothing")).status).toBe(404);
    expect((await notes.fetch("/protected", { method: "POST", token: await issuer.token() })).status).toBe(405);
    expect((await notes.fetch("/trpc/notes.add", { token: await issuer.token() })).status).toBe(405);
  });
});

describe("what an operator sees", () => {
  test("readiness says how things stand, and that revocations are not followed where they are not", async () => {
    expect(await (await notes.fetch("/readyz")).json()).toEqual({
      ready: true,
      checks: { keys: "ok", revocations: "ok" },
    });
    notes.service.announceEnd();
    const ending = await notes.fetch("/readyz");
    expect(ending.status).toBe(503);
    expect(await ending.json()).toMatchObject({ ready: false, checks: { process: "stopping" } });
  });

  test("metrics are for this machine alone, and hold nothing of a person", async () => {
    expect((await notes.fetch("/metrics")).status).toBe(404);
    await notes.fetch("/protected", { token: await issuer.foreignToken() });
    await notes.call("add", { text: "" }, await issuer.token({ sub: "canary-of-a-person" }));
    issuer.revoke("session", "canary-session");
    await expect.poll(() => notes.verifier.status().revocationEntries).toBe(1);
    const text = await (await notes.fetch("/metrics", { local: true })).text();
    expect(text).toContain('signet_refusals_total{reason="token_invalid"} 1');
    expect(text).toContain('signet_refusals_total{reason="input_invalid"} 1');
    expect(text).toMatch(/^signet_ready 1$/m);
    expect(text).toMatch(/^signet_keys_age_seconds \d/m);
    expect(text).toMatch(/^signet_revocations_age_seconds \d/m);
    expect(text).toMatch(/^signet_revocations 1$/m);
    expect(text).toMatch(/^process_cpu_seconds_total /m);
    expect(text).not.toContain("canary");
  });

  test("what nobody foresaw is a fixed sentence, and an id that the log has too", async () => {
    const store = {
      list: () => Promise.reject(new Error("canary of the inside")),
      add: () => Promise.reject(new Error("not asked for")),
      remove: () => Promise.reject(new Error("not asked for")),
    };
    const broken = await startService(issuer, { store });
    const { status, error } = await broken.call("list", undefined, await issuer.token());
    expect(status).toBe(500);
    expect(error?.data).toMatchObject({ reason: "internal_error", errorId: expect.stringMatching(/^[\w-]{12}$/) });
    expect(JSON.stringify(error)).not.toMatch(/canary|stack/);
    expect(broken.log()).toContain(String(error?.data["errorId"]));
    expect(broken.log()).toContain("canary of the inside");
    await broken.stop();
  });
});
