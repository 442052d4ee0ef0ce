import { describe, expect, test } from "vitest";
import { client, countOf, createRemoteScene, down, never, revocationsPath } from "../test/remote-scene.ts";
import { outcomeOf } from "../test/revocation-scene.ts";
import type { RemoteVerifierOptions } from "./remote-verifier.ts";

async function createFeedScene(options: Partial<RemoteVerifierOptions> = {}) {
  const scene = await createRemoteScene({ client, ...options });
  const { revocations = expect.fail("there is a client") } = scene.verifier;
  const ofFeed = () => scene.issuer.asked.filter((url) => url.startsWith(revocationsPath));
  return { ...scene, revocations, ofFeed };
}

describe("following the feed", () => {
  test("RS-07: begins with the whole list, page by page, then asks from the last number on and lets the issuer hold it", async () => {
    const { verifier, issuer, pass, ofFeed } = await createFeedScene();
    issuer.pageSize = 2;
    for (const id of ["a", "b", "c", "d", "e"]) issuer.revoke("session", id);
    verifier.start();
    await pass(100);
    expect(ofFeed()).toEqual([
      `${revocationsPath}?after=0&wait=0`,
      `${revocationsPath}?after=2&wait=0`,
      `${revocationsPath}?after=4&wait=0`,
      `${revocationsPath}?after=5&wait=10`,
    ]);
    expect(verifier.status()).toMatchObject({ ready: true, revocations: "ok", revocationEntries: 5 });
  });

  test("a quiet feed is asked six times a minute, and the whole list once; nothing is ever called stale", async () => {
    const { verifier, issuer, pass, ofFeed, told } = await createFeedScene();
    issuer.revoke("session", "a");
    verifier.start();
    await pass(1_000);
    const before = ofFeed().length;
    let oldest = 0;
    for (let elapsed = 0; elapsed < 600_000; elapsed += 250) {
      await pass(250);
      oldest = Math.max(oldest, verifier.status().revocationsAgeMs);
      expect(verifier.status().revocations).toBe("ok");
    }
    const asked = ofFeed().slice(before);
    expect(asked.length).toBeLessThanOrEqual(80);
    expect(asked.filter((url) => url.includes("after=0&wait=0")).length).toBeGreaterThanOrEqual(8);
    // An answer that was held proves what was so when it was asked for: twice the ten seconds, and not a moment younger.
    expect(oldest).toBeGreaterThan(19_000);
    expect(oldest).toBeLessThanOrEqual(20_100);
    expect(told).toEqual([]);
  });

  test.each([
    [30, 10],
    [60, 10],
    [15, 5],
    [4, 1],
    [2, 0],
  ])(
    "with a limit of %i seconds a question is held for %i, so that a quiet feed stays within it",
    async (limit, wait) => {
      const { verifier, pass, ofFeed } = await createFeedScene({ staleAfterSeconds: limit, whenStale: "reject" });
      verifier.start();
      await pass(1_000);
      expect(ofFeed()[1]).toBe(`${revocationsPath}?after=0&wait=${wait}`);
      for (let elapsed = 0; elapsed < 70_000; elapsed += 500) {
        await pass(500);
        expect(verifier.status().revocations).toBe("ok");
      }
    },
  );

  test("an issuer that does not hold questions is asked ten times a second and not more", async () => {
    const { verifier, issuer, pass, ofFeed } = await createFeedScene();
    issuer.answers.set(revocationsPath, () => Response.json({ epoch: "e", entries: [], next: 0, more: false }));
    verifier.start();
    await pass(10_000);
    expect(ofFeed().length).toBeLessThanOrEqual(101);
  });

  test("goes on behind entries whose time is over, instead of asking for them again and again", async () => {
    const { verifier, issuer, pass, ofFeed, clock } = await createFeedScene();
    issuer.revoke("session", "a");
    clock.advance(2_000_000);
    verifier.start();
    await pass(100);
    expect(ofFeed()[1]).toBe(`${revocationsPath}?after=1&wait=10`);
    expect(verifier.status()).toMatchObject({ ready: true, revocationEntries: 0 });
  });

  test("reading a long list again takes seconds, and keeps no news waiting", async () => {
    const { verifier, issuer, pass, ofFeed, revocations } = await createFeedScene();
    issuer.pageSize = 10;
    for (let index = 0; index < 200; index++) issuer.revoke("key", `k${index}`);
    verifier.start();
    await pass(65_000);
    const before = ofFeed().length;
    issuer.revoke("session", "new");
    await pass(200);
    expect(outcomeOf(revocations, { sid: "new" })).toBe("token_revoked");
    await pass(9_000);
    const again = ofFeed()
      .slice(before)
      .filter((url) => Number(/after=(\d+)/.exec(url)?.[1]) < 190);
    expect(again.length).toBeLessThanOrEqual(20);
    issuer.entries.unshift({ seq: 3, kind: "key", id: "hidden", expiresAt: null });
    await pass(75_000);
    expect(outcomeOf(revocations, {}, "hidden")).toBe("token_revoked");
  });

  test("who asks for news does not wait for a question that is held", async () => {
    const { verifier, issuer, pass, revocations } = await createFeedScene();
    verifier.start();
    await pass(1_000);
    expect(issuer.held).toBe(1);
    await revocations.poll();
    await pass(200);
    expect(issuer.held).toBe(1);
    expect(verifier.status().revocations).toBe("ok");
  });
});

describe("a break", () => {
  test("F26: goes on with what it has, says how old it is, and resumes at the number where it broke off", async () => {
    const { verifier, issuer, pass, ofFeed, told, revocations } = await createFeedScene();
    issuer.revoke("session", "before");
    verifier.start();
    await pass(1_000);
    issuer.answers.set("*", down);
    // The question that was held when it happened comes to its end.
    await pass(15_000);
    issuer.revoke("session", "meanwhile");
    await pass(600_000);
    expect(verifier.status()).toMatchObject({ ready: true, revocations: "stale", revocationEntries: 1 });
    expect(verifier.status().revocationsAgeMs).toBeGreaterThan(590_000);
    expect(outcomeOf(revocations, { sid: "before" })).toBe("token_revoked");
    issuer.answers.clear();
    const before = ofFeed().length;
    await pass(2_000);
    expect(ofFeed()[before]).toBe(`${revocationsPath}?after=1&wait=0`);
    expect(outcomeOf(revocations, { sid: "meanwhile" })).toBe("token_revoked");
    expect(verifier.status().revocations).toBe("ok");
    expect(told.filter((line) => line.startsWith("revocations"))).toEqual([
      "revocations: problem",
      "revocations: recovered",
    ]);
  });

  test("F26: a connection that says nothing any more is given up five seconds after the answer is due", async () => {
    const { verifier, issuer, pass, told } = await createFeedScene();
    verifier.start();
    await pass(99);
    issuer.answers.set(revocationsPath, never);
    await pass(15_000);
    expect(told).toEqual([]);
    await pass(1);
    expect(told[0]).toBe("revocations: problem");
    issuer.answers.clear();
    await pass(2_000);
    expect(verifier.status().revocations).toBe("ok");
  });

  test("F27: a feed that comes and goes every second loses nothing and doubles nothing", async () => {
    const { verifier, issuer, pass, revocations } = await createFeedScene();
    const events: string[] = [];
    revocations.subscribe((ids) => events.push(...ids));
    verifier.start();
    for (let second = 0; second < 40; second++) {
      if (second % 2 === 0) issuer.answers.clear();
      else issuer.answers.set(revocationsPath, down);
      issuer.revoke("session", `s${second}`);
      await pass(1_000);
    }
    issuer.answers.clear();
    await pass(2_000);
    expect(verifier.status()).toMatchObject({ revocations: "ok", revocationEntries: 40 });
    expect(new Set(events).size).toBe(40);
    expect(events).toHaveLength(40);
  });

  test("is asked again at different moments by different services", async () => {
    const moments: number[] = [];
    for (const random of [0, 0.25, 0.5, 0.75]) {
      const { verifier, issuer, pass, monotonicMs } = await createFeedScene({ random: () => random });
      issuer.answers.set(revocationsPath, () => {
        moments.push(monotonicMs());
        return down();
      });
      verifier.start();
      await pass(0);
      const first = moments.length;
      while (moments.length === first) await pass(1);
      await verifier.stop();
    }
    expect(new Set(moments.filter((_, index) => index % 2 === 1)).size).toBe(4);
  });
});

describe("another list", () => {
  test("F28: a new epoch is read from the beginning; what was known stays", async () => {
    const { verifier, issuer, pass, ofFeed, revocations } = await createFeedScene();
    issuer.revoke("session", "old");
    verifier.start();
    await pass(1_000);
    Object.assign(issuer, { epoch: "second", entries: [], last: 0 });
    issuer.revoke("session", "new 1");
    const before = ofFeed().length;
    issuer.revoke("session", "new 2");
    await pass(12_000);
    expect(
      ofFeed()
        .slice(before)
        .some((url) => url.includes("after=0&wait=0")),
    ).toBe(true);
    for (const sid of ["old", "new 1", "new 2"]) expect(outcomeOf(revocations, { sid })).toBe("token_revoked");
    expect(verifier.status().revocations).toBe("ok");
  });

  test("F28: a wiped store, whose numbers begin again, is read from the beginning", async () => {
    const { verifier, issuer, pass, revocations } = await createFeedScene();
    for (const id of ["a", "b", "c"]) issuer.revoke("session", id);
    verifier.start();
    await pass(1_000);
    // The same name: only the numbers tell.
    Object.assign(issuer, { entries: [], last: 0 });
    issuer.revoke("session", "d");
    await pass(12_000);
    for (const sid of ["a", "b", "c", "d"]) expect(outcomeOf(revocations, { sid })).toBe("token_revoked");
    expect(verifier.status().revocations).toBe("ok");
  });

  test("F28: an issuer that was restarted, with numbers that go on, is asked from there", async () => {
    const { verifier, issuer, pass, ofFeed } = await createFeedScene();
    issuer.revoke("session", "a");
    verifier.start();
    await pass(1_000);
    issuer.answers.set("*", down);
    await pass(3_000);
    issuer.answers.clear();
    const before = ofFeed().length;
    await pass(2_000);
    expect(
      ofFeed()
        .slice(before)
        .every((url) => url.includes("after=1&")),
    ).toBe(true);
  });

  test("two databases behind one address are a problem, and not an endless reading", async () => {
    const { verifier, issuer, pass, told, ofFeed } = await createFeedScene();
    verifier.start();
    await pass(1_000);
    let turn = 0;
    issuer.answers.set(revocationsPath, () =>
      Response.json({ epoch: `e${(turn += 1)}`, entries: [], next: 0, more: false }),
    );
    await pass(30_000);
    expect(told).toEqual(["revocations: problem"]);
    expect(ofFeed().length).toBeLessThan(100);
  });
});

describe("an answer that is no page", () => {
  const entry = { seq: 1, kind: "session", id: "s", expires_at: null };
  const page = { epoch: "e", entries: [entry], next: 1, more: false };

  test.each([
    ["without an epoch", { ...page, epoch: undefined }],
    ["with an empty epoch", { ...page, epoch: "" }],
    ["without entries", { ...page, entries: {} }],
    ["without next", { ...page, next: undefined }],
    ["with a next that is no number", { ...page, next: "1" }],
    ["with a fraction for next", { ...page, next: 1.5 }],
    ["without more", { ...page, more: undefined }],
    ["that says there is more and goes no further", { ...page, entries: [], next: 0, more: true }],
    ["with an unknown kind", { ...page, entries: [{ ...entry, kind: "person" }] }],
    ["with an entry that is null", { ...page, entries: [null] }],
    [
      "with the issuer's own spelling of a time",
      { ...page, entries: [{ ...entry, expires_at: undefined, expiresAt: 1 }] },
    ],
  ])("%s is a problem, and the list is not ready", async (_, body) => {
    const { verifier, issuer, pass, told } = await createFeedScene();
    issuer.answers.set(revocationsPath, () => Response.json(body));
    verifier.start();
    await pass(10_000);
    expect(told).toEqual(["revocations: problem"]);
    expect(verifier.status()).toMatchObject({ ready: false, revocations: "missing" });
  });

  test("more than 8 MiB is a problem", async () => {
    const { verifier, issuer, settle, told } = await createFeedScene();
    issuer.answers.set(revocationsPath, () => Response.json({ ...page, padding: "x".repeat(8 * 1024 * 1024) }));
    verifier.start();
    await settle();
    expect(told).toEqual(["revocations: problem"]);
  });
});

test("RS-06: credentials that are refused are a problem, and are tried every half a minute alone", async () => {
  const { verifier, issuer, pass, told, ofFeed } = await createFeedScene({ client: { id: "notes", secret: "wrong" } });
  verifier.start();
  await pass(29_000);
  expect(told).toEqual(["revocations: problem"]);
  expect(ofFeed()).toHaveLength(1);
  await pass(3_000);
  expect(ofFeed()).toHaveLength(2);
  expect(countOf(issuer, revocationsPath)).toBe(2);
  await verifier.verify(await issuer.sign());
  expect(verifier.status().ready).toBe(false);
});

test("credentials are sent to the feed and to nothing else, as UTF-8", async () => {
  const sent: (string | null)[] = [];
  const { verifier, issuer, settle } = await createFeedScene({ client: { id: "nötes", secret: "a:b ✓" } });
  for (const path of ["*", revocationsPath]) {
    issuer.answers.set(path, (request) => {
      sent.push(request.headers.get("Authorization"));
      return Response.json({}, { status: 500 });
    });
  }
  issuer.answers.set("/.well-known/oauth-authorization-server", (request) => {
    sent.push(request.headers.get("Authorization"));
    const jwks_uri = `${issuer.url}/keys`;
    return Response.json({ issuer: issuer.url, jwks_uri, revocations_endpoint: `${issuer.url}${revocationsPath}` });
  });
  verifier.start();
  await settle();
  const credentials = `Basic ${Buffer.from("nötes:a:b ✓", "utf8").toString("base64")}`;
  expect(sent.filter((value) => value !== null)).toEqual([credentials]);
  expect(sent.length).toBeGreaterThanOrEqual(3);
});
