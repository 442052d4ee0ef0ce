// GET /auth/revocations: what other services learn of what was ended, how soon, and that they miss nothing.

import { randomBytes } from "node:crypto";
import type { StoredRevocation } from "@signet/accounts/stores";
import { AuthError } from "@signet/auth/errors";
import { beforeEach, describe, expect, test } from "vitest";
import { createRevocationFeed } from "../src/revocation-feed.ts";
import { basicOf, createTestApi, password, type TestApi } from "./test-api.ts";

let api: TestApi;
beforeEach(async () => {
  api = await createTestApi();
});

const ask = (query: string, signal?: AbortSignal, of = api) =>
  of.fetch(`/auth/revocations${query}`, { headers: basicOf(of.client), ...(signal === undefined ? {} : { signal }) });
const page = async (query: string) => {
  const answer = await ask(query);
  expect(answer.status).toBe(200);
  return answer.json();
};
/** A session that begins and ends. @returns its id */
async function endOne(of = api): Promise<string> {
  const username = `user-${randomBytes(4).toString("hex")}`;
  const answer = await of.mutate("auth.signUp", { username, password });
  const { accessToken, sessionId } = (await answer.json()).result.data;
  await of.mutate("auth.signOut", undefined, of.bearer(accessToken));
  return sessionId;
}
/** Long enough for everything that can happen without a timer. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));
const isPending = async (answer: Promise<unknown>) =>
  (await Promise.race([answer.then(() => "answered"), settled().then(() => "pending")])) === "pending";

describe("a page", () => {
  test("has what was ended, in order, as the contract writes it, and is not stored", async () => {
    const { epoch } = await api.store.listRevocations(0, 1);
    expect(await page("?after=0")).toEqual({ epoch, entries: [], next: 0, more: false });
    const ids = [await endOne(), await endOne()];
    const expires_at = api.clock() / 1000 + 1020;
    const answer = await ask("?after=0");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(await answer.json()).toEqual({
      epoch,
      entries: [
        { seq: 1, kind: "session", id: ids[0], expires_at },
        { seq: 2, kind: "session", id: ids[1], expires_at },
      ],
      next: 2,
      more: false,
    });
    expect(await page("?after=1")).toMatchObject({ entries: [{ seq: 2 }], next: 2 });
    expect(await page("?after=2")).toMatchObject({ entries: [], next: 2 });
    expect(await page("")).toMatchObject({ entries: [{ seq: 1 }, { seq: 2 }] });
  });

  test("leaves out what is over, and its numbers do not come again", async () => {
    await endOne();
    api.clock.advance(1_021_000);
    expect(await page("?after=0")).toMatchObject({ entries: [], next: 1, more: false });
  });

  test("asked for after a number that was never given answers at once, from the highest there is: begin anew (F28)", async () => {
    await endOne();
    const started = performance.now();
    expect(await page("?after=7&wait=25")).toMatchObject({ entries: [], next: 1, more: false });
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test.each([
    "?after=-1",
    "?after=1.5",
    "?after=1e3",
    "?after=",
    "?after=x",
    "?after=99999999999999999",
    "?after=9007199254740992",
    "?after=1&after=2",
    "?wait=26",
    "?wait=-1",
    "?wait=0.5",
    "?wait=",
    "?wait=025",
    "?wait=1&wait=2",
  ])("asked for with %s is 400 input_invalid", async (query) => {
    const answer = await ask(query);
    expect([answer.status, (await answer.json()).reason]).toEqual([400, "input_invalid"]);
  });

  test("is 503 with Retry-After while the store does not answer", async () => {
    const listRevocations = () =>
      Promise.reject(new AuthError("storage_unavailable", "Try again.", { retryAfterSeconds: 1 }));
    const broken = await createTestApi({ revocationPages: { listRevocations } });
    for (const query of ["?after=0", "?after=0&wait=25"]) {
      const answer = await ask(query, undefined, broken);
      expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
    }
  });
});

describe("long lists", () => {
  const entries: StoredRevocation[] = Array.from({ length: 12_000 }, (_, index) => ({
    seq: index + 1,
    kind: index % 3 === 0 ? "session" : index % 3 === 1 ? "token" : "key",
    id: `id ${index}`,
    expiresAt: index % 3 === 2 ? null : 4_000_000_000,
  }));

  const apiOn = (all: readonly StoredRevocation[], last = all.at(-1)?.seq ?? 0) =>
    createTestApi({
      revocationPages: {
        listRevocations: async (after, limit) => ({
          entries: all.filter(({ seq }) => seq > after).slice(0, limit),
          last,
          epoch: "one",
        }),
      },
    });

  test("come by pages of 5,000: `next` leads through all of them, each once, and `more` says when to ask at once (RS-07)", async () => {
    const long = await apiOn(entries);
    const seen: unknown[] = [];
    const sizes: number[] = [];
    for (let after = 0, more = true; more; ) {
      // Waiting changes nothing where there is something to tell.
      const answer = await (await ask(`?after=${after}&wait=25`, undefined, long)).json();
      seen.push(...answer.entries);
      sizes.push(answer.entries.length);
      ({ next: after, more } = answer);
    }
    expect(sizes).toEqual([5_000, 5_000, 2_000]);
    expect(seen).toEqual(entries.map(({ expiresAt, ...entry }) => ({ ...entry, expires_at: expiresAt })));
  });

  test("of exactly one page say that there is no more; with a number that is over behind it, ask once more", async () => {
    const exact = await apiOn(entries.slice(0, 5_000));
    expect(await (await ask("?after=0", undefined, exact)).json()).toMatchObject({ next: 5_000, more: false });
    const behind = await apiOn(entries.slice(0, 5_000), 5_001);
    expect(await (await ask("?after=0", undefined, behind)).json()).toMatchObject({ next: 5_000, more: true });
    expect(await (await ask("?after=5000", undefined, behind)).json()).toMatchObject({ next: 5_001, more: false });
  });
});

describe("with `wait`", () => {
  test("is held while there is nothing new, and told as soon as there is", async () => {
    await endOne();
    const held = page("?after=1&wait=25");
    expect(await isPending(held)).toBe(true);
    const id = await endOne();
    expect(await held).toMatchObject({ entries: [{ seq: 2, id }], next: 2, more: false });
  });

  test("is told of what was written behind this process's back, once this process hears of it", async () => {
    const held = page("?after=0&wait=25");
    const { sub, sid } = await api.services.verifier.verify((await api.signUp()).accessToken);
    await api.store.endSessions({ userId: sub, sessionId: sid });
    expect(await isPending(held)).toBe(true);
    await api.revocations.poll();
    expect(await held).toMatchObject({ entries: [{ seq: 1, id: sid }] });
  });

  test("ends with an empty list when the time is up", async () => {
    const { epoch } = await api.store.listRevocations(0, 1);
    const started = performance.now();
    expect(await page("?after=0&wait=1")).toEqual({ epoch, entries: [], next: 0, more: false });
    expect(performance.now() - started).toBeGreaterThan(990);
  });

  test("is let go when the server stops, now and from now on", async () => {
    const held = page("?after=0&wait=25");
    await settled();
    api.api.releaseWaiting();
    expect(await held).toMatchObject({ entries: [] });
    expect(await page("?after=0&wait=25")).toMatchObject({ entries: [] });
  });

  test("waits for nobody who has gone: whoever takes the place of 64 others gets it", async () => {
    const callers = Array.from({ length: 64 }, () => new AbortController());
    const others = callers.map(({ signal }) => ask("?after=0&wait=25", signal));
    await settled();
    for (const caller of callers) caller.abort();
    await Promise.all(others);
    const held = ask("?after=0&wait=25");
    expect(await isPending(held)).toBe(true);
    api.api.releaseWaiting();
    expect((await held).status).toBe(200);
  });

  test("is for 64 requests of one client at most: 503 busy, and other clients do not notice", async () => {
    const second = { id: "second", secret: randomBytes(32).toString("base64url") };
    const shared = await createTestApi({ clients: [api.client, second] });
    const askAs = (client: typeof second) =>
      shared.fetch("/auth/revocations?after=0&wait=25", { headers: basicOf(client) });
    const held = Array.from({ length: 64 }, () => askAs(api.client));
    await settled();
    const refused = await askAs(api.client);
    expect([refused.status, (await refused.json()).reason]).toEqual([503, "busy"]);
    expect(refused.headers.get("retry-after")).toMatch(/^\d+$/);
    const other = askAs(second);
    expect(await isPending(other)).toBe(true);
    shared.api.releaseWaiting();
    for (const answer of await Promise.all([...held, other])) expect(answer.status).toBe(200);
  });
});

describe("the feed", () => {
  /** A store whose answers are given by hand, and news that are told by hand. */
  function byHand() {
    const questions: { after: number; answer: (entries: StoredRevocation[], last: number) => void }[] = [];
    let tell: (ids: readonly string[]) => void = () => {};
    const feed = createRevocationFeed(
      {
        listRevocations: (after) =>
          new Promise((resolve) => {
            questions.push({ after, answer: (entries, last) => resolve({ entries, last, epoch: "one" }) });
          }),
      },
      {
        subscribe(listener) {
          tell = listener;
          return () => {};
        },
      },
    );
    return { feed, questions, tell: () => tell(["an id"]) };
  }
  const entry = (seq: number): StoredRevocation => ({ seq, kind: "session", id: `session ${seq}`, expiresAt: null });

  test("does not miss what is committed between its reading and its waiting", async () => {
    const { feed, questions, tell } = byHand();
    const answer = feed.read(0, 25_000, "notes", new AbortController().signal);
    await settled();
    // The store has answered as of before, its answer is on the way, and the news come first.
    tell();
    questions[0]?.answer([], 0);
    await settled();
    expect(questions).toHaveLength(2);
    questions[1]?.answer([entry(1)], 1);
    expect(await answer).toMatchObject({ next: 1 });
  });

  test("goes on waiting when the news were none for whoever asks", async () => {
    const { feed, questions, tell } = byHand();
    const answer = feed.read(5, 25_000, "notes", new AbortController().signal);
    for (let round = 0; round < 3; round += 1) {
      await settled();
      questions[round]?.answer([], 5);
      await settled();
      tell();
    }
    expect(await isPending(answer)).toBe(true);
    feed.release();
    questions.at(-1)?.answer([], 5);
    await answer;
  });

  test("asks the store once for all who wait at the same number, and never lets one join a question that was asked before", async () => {
    const { feed, questions, tell } = byHand();
    const many = Array.from({ length: 50 }, () => feed.read(5, 25_000, "notes", new AbortController().signal));
    await settled();
    expect(questions).toHaveLength(1);
    const late = feed.read(5, 0, "other", new AbortController().signal);
    await settled();
    expect(questions).toHaveLength(2);
    questions[0]?.answer([], 5);
    questions[1]?.answer([], 5);
    await late;
    await settled();
    tell();
    await settled();
    expect(questions.map(({ after }) => after)).toEqual([5, 5, 5]);
    questions[2]?.answer([entry(6)], 6);
    for (const answer of await Promise.all(many)) expect(answer).toMatchObject({ entries: [{ seq: 6 }], next: 6 });
  });
});
