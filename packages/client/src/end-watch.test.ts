import { beforeEach, describe, expect, it } from "vitest";
import { ada, createFakeClock, type FakeClock } from "../test/harness.ts";
import type { Answer, CallOptions, Unreachable } from "./api-call.ts";
import { createEndWatch, type EndWatch } from "./end-watch.ts";
import { createPageLocks } from "./page-locks.ts";
import { createStateStore, type StateStore } from "./state-store.ts";

const user = { subject: "1", username: ada.username, scope: [], sessionId: "s", issuedAt: 0, expiresAt: 300 };
const status = (code: number): Answer => ({ kind: "answer", status: code, body: undefined, retryAfterMs: undefined });
const network: Unreachable = { kind: "unreachable", problem: "network", retryAfterMs: undefined };

interface Asked extends CallOptions {
  answer(answer: Answer | Unreachable): Promise<void>;
}

let clock: FakeClock;
let store: StateStore;
let asked: Asked[];
let token: string | null;
let shown: boolean;
let checks: number;
const locks = () => createPageLocks();

function tab(sharedLocks = locks()): EndWatch {
  return createEndWatch({
    apiUrl: "https://app.example",
    call: (url, options) =>
      new Promise((resolve) => {
        expect(url).toBe("https://app.example/auth/session?wait=25");
        options.signal?.addEventListener("abort", () => resolve(network));
        asked.push({
          ...options,
          async answer(answer) {
            resolve(answer);
            await clock.advance(0);
          },
        });
      }),
    clock,
    random: () => 0,
    locks: sharedLocks,
    store,
    token: () => token,
    isShown: () => shown,
    check: async () => {
      checks += 1;
    },
  });
}

beforeEach(async () => {
  clock = createFakeClock();
  store = createStateStore(() => null);
  asked = [];
  token = "token 1";
  shown = true;
  checks = 0;
  store.signedIn(user);
});

describe("while somebody is signed in and the page is looked at", () => {
  it("one request rests at the server, and is made again when it was answered", async () => {
    tab().start();
    await clock.advance(0);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.headers).toEqual({ authorization: "Bearer token 1" });
    await clock.advance(25_000);
    await asked[0]?.answer(status(204));
    expect(asked).toHaveLength(2);
    expect(checks).toBe(0);
  });

  it("a refusal is followed up at once, and not asked again in a hurry", async () => {
    tab().start();
    await clock.advance(3_000);
    await asked[0]?.answer(status(401));
    expect(checks).toBe(1);
    expect(asked).toHaveLength(1);
    await clock.advance(5_000);
    expect(asked).toHaveLength(2);
  });

  it("a refusal of a token that was renewed meanwhile says nothing", async () => {
    tab().start();
    await clock.advance(3_000);
    token = "token 2";
    await asked[0]?.answer(status(401));
    expect(checks).toBe(0);
    expect(asked[1]?.headers).toEqual({ authorization: "Bearer token 2" });
  });

  it("an answer that was not held back is no reason to hammer", async () => {
    tab().start();
    await clock.advance(0);
    await asked[0]?.answer(status(204));
    expect(asked).toHaveLength(1);
    await clock.advance(5_000);
    expect(asked).toHaveLength(2);
  });

  it("a server that is away is asked again, more and more seldom", async () => {
    tab().start();
    await clock.advance(0);
    for (const ms of [500, 1_000, 2_000]) {
      await asked.at(-1)?.answer(network);
      const before = asked.length;
      await clock.advance(ms - 1);
      expect(asked).toHaveLength(before);
      await clock.advance(1);
      expect(asked).toHaveLength(before + 1);
    }
    expect(checks).toBe(0);
  });

  it("a server that does not know the question is not asked again", async () => {
    const watch = tab();
    watch.start();
    await clock.advance(0);
    await asked[0]?.answer(status(404));
    watch.look();
    await clock.advance(60_000);
    expect(asked).toHaveLength(1);
  });

  it("one tab asks for all, and the next takes over when it is hidden", async () => {
    const shared = locks();
    const first = tab(shared);
    first.start();
    tab(shared).start();
    await clock.advance(0);
    expect(asked).toHaveLength(1);
    shown = false;
    first.look();
    shown = true;
    await clock.advance(0);
    expect(asked[0]?.signal?.aborted).toBe(true);
    expect(asked).toHaveLength(2);
  });
});

it("nothing rests at the server while nobody is signed in, the page is hidden, or after the end", async () => {
  const watch = tab();
  const stop = watch.start();
  await clock.advance(0);
  store.signedOut("signed_out");
  expect(asked[0]?.signal?.aborted).toBe(true);

  shown = false;
  store.signedIn(user);
  await clock.advance(0);
  expect(asked).toHaveLength(1);

  shown = true;
  watch.look();
  await clock.advance(0);
  expect(asked).toHaveLength(2);
  stop();
  expect(asked[1]?.signal?.aborted).toBe(true);
});
