import { createTRPCClient, httpBatchStreamLink, httpSubscriptionLink, splitLink, type TRPCLink } from "@trpc/client";
import { EventSource } from "eventsource";
import { afterEach, describe, expect, it } from "vitest";
import { createFakeAuthClient, type FakeAuthClientOptions } from "../../test/fake-auth-client.ts";
import { startTRPCServer, type TestRouter } from "../../test/trpc-server.ts";
import { authLink, type SendingLinkOptions } from "./index.ts";

const send = (own: SendingLinkOptions): TRPCLink<TestRouter> =>
  splitLink({
    condition: (op) => op.type === "subscription",
    true: httpSubscriptionLink({ url: own.url, EventSource, eventSourceOptions: { fetch: own.fetch } }),
    false: httpBatchStreamLink(own),
  });

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

async function connect(options: Partial<FakeAuthClientOptions> = {}) {
  const server = await startTRPCServer();
  let made = 1;
  const auth = createFakeAuthClient({
    baseUrl: server.baseUrl,
    token: "t1",
    refresh: () => `t${(made += 1)}`,
    ...options,
  });
  const trpc = createTRPCClient<TestRouter>({ links: [authLink({ client: auth.client, link: send })] });
  cleanUps.push(() => server.close());

  /** Subscribes and records what comes. */
  function follow(path: "ticks" | "silence") {
    const seen = {
      data: [] as unknown[],
      states: [] as string[],
      reasons: [] as unknown[],
      errors: [] as unknown[],
      stopped: 0,
    };
    const observer = {
      onData: (value: unknown) => void seen.data.push(value),
      onError: (error: unknown) => void seen.errors.push(error),
      onStopped: () => void (seen.stopped += 1),
      onConnectionStateChange: (state: { state: string; error: { data?: unknown } | null }) => {
        seen.states.push(state.state);
        if (state.error) seen.reasons.push((state.error.data as { reason?: unknown } | undefined)?.reason);
      },
    };
    const subscription = trpc[path].subscribe({ id: path }, observer);
    cleanUps.unshift(() => subscription.unsubscribe());
    return { seen, subscription };
  }
  return { server, state: server.state, auth, trpc, follow };
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const numbers = (data: unknown[]) => data.map((value) => (value as { data: { number: number } }).data.number);

describe("a subscription", () => {
  it("carries the token in its header, never in its address, and no cookie", async () => {
    const { state, follow } = await connect();
    const { seen } = follow("ticks");
    await expect.poll(() => seen.data.length).toBeGreaterThan(1);
    expect(state.requests).toMatchObject([{ authorization: "Bearer t1", cookie: undefined }]);
    expect(state.requests[0]?.url).not.toContain("t1");
  });

  it.each(["token_expired", "token_revoked"])(
    "goes on after its token ended (%s), where it stopped",
    async (reason) => {
      const { state, auth, follow } = await connect();
      const { seen } = follow("ticks");
      await expect.poll(() => seen.data.length).toBeGreaterThan(2);
      state.ended.set("t1", reason);
      await expect.poll(() => auth.refreshes()).toBe(1);
      const before = seen.data.length;
      await expect.poll(() => seen.data.length).toBeGreaterThan(before + 2);
      expect(numbers(seen.data)).toEqual(seen.data.map((_, index) => index + 1));
      expect(seen.reasons).toEqual([reason]);
      expect(seen.errors).toEqual([]);
      expect(state.requests.map(({ authorization }) => authorization)).toEqual(["Bearer t1", "Bearer t2"]);
    },
  );

  it("does so as often as its token ends", async () => {
    const { state, auth, follow } = await connect();
    const { seen } = follow("ticks");
    for (let round = 1; round <= 4; round += 1) {
      const before = seen.data.length;
      await expect.poll(() => seen.data.length).toBeGreaterThan(before + 1);
      state.ended.set(`t${round}`, "token_expired");
      await expect.poll(() => auth.refreshes()).toBe(round);
    }
    expect(numbers(seen.data)).toEqual(seen.data.map((_, index) => index + 1));
    expect(seen.errors).toEqual([]);
  });

  it("goes on when it had nothing to say until then", async () => {
    const { state, auth, follow } = await connect();
    const { seen } = follow("silence");
    await expect.poll(() => state.ran.get("silence")).toBe(1);
    state.ended.set("t1", "token_expired");
    await expect.poll(() => state.ran.get("silence")).toBe(2);
    expect(auth.refreshes()).toBe(1);
    expect(seen.errors).toEqual([]);
  });

  it("begins after a refresh when its token is refused at the start", async () => {
    const { state, auth, follow } = await connect();
    state.refuses = (token) => (token === "t1" ? "token_expired" : undefined);
    const { seen } = follow("ticks");
    await expect.poll(() => seen.data.length).toBeGreaterThan(1);
    expect(numbers(seen.data)[0]).toBe(1);
    expect(auth.refreshes()).toBe(1);
  });

  it("ends with the reason, without a loop, when the new token is refused too", async () => {
    const { state, auth, follow } = await connect();
    state.refuses = () => "token_invalid";
    const { seen } = follow("ticks");
    await expect.poll(() => seen.errors.length).toBe(1);
    await wait(50);
    expect(seen.errors).toMatchObject([{ data: { reason: "token_invalid" } }]);
    expect(state.requests).toHaveLength(2);
    expect(auth.refreshes()).toBe(1);
  });

  it("waits while the server cannot be reached, and goes on with the token that comes then", async () => {
    const { state, auth, follow } = await connect({ refresh: () => "unreachable" });
    const { seen } = follow("ticks");
    await expect.poll(() => seen.data.length).toBeGreaterThan(1);
    state.ended.set("t1", "token_expired");
    await expect.poll(() => auth.client.getState().status).toBe("unreachable");
    await wait(30);
    expect(seen.errors).toEqual([]);
    auth.renewTo("t2");
    const before = seen.data.length;
    await expect.poll(() => seen.data.length).toBeGreaterThan(before + 1);
    expect(numbers(seen.data)).toEqual(seen.data.map((_, index) => index + 1));
  });

  it("ends when its person signs out, and nothing of it arrives after that", async () => {
    const { state, auth, follow } = await connect();
    const { seen } = follow("ticks");
    await expect.poll(() => seen.data.length).toBeGreaterThan(1);
    auth.leave();
    const before = seen.data.length;
    expect(seen.errors).toMatchObject([{ cause: { reason: "superseded" } }]);
    await expect.poll(() => state.openStreams).toBe(0);
    expect(seen.data).toHaveLength(before);
  });

  it("ends when the session has ended", async () => {
    const { state, follow } = await connect({ refresh: () => null });
    const { seen } = follow("ticks");
    await expect.poll(() => seen.data.length).toBeGreaterThan(1);
    state.ended.set("t1", "token_revoked");
    await expect.poll(() => seen.errors.length).toBe(1);
    expect(seen.errors).toMatchObject([{ data: { reason: "token_revoked" } }]);
    expect(state.requests).toHaveLength(1);
  });

  it("is left without a trace when it is no longer wanted, also while it waits for a token", async () => {
    let give: (token: string) => void = () => {};
    const { state, auth, follow } = await connect({
      refresh: () => new Promise<string>((resolve) => (give = resolve)),
    });
    const { seen, subscription } = follow("ticks");
    await expect.poll(() => seen.data.length).toBeGreaterThan(1);
    state.ended.set("t1", "token_expired");
    await expect.poll(() => auth.refreshes()).toBe(1);
    subscription.unsubscribe();
    give("t2");
    await wait(30);
    expect(state.requests).toHaveLength(1);
    await expect.poll(() => state.openStreams).toBe(0);
  });
});

describe("a streamed answer", () => {
  it("that is a generator ends with its reason; who wants more asks again", async () => {
    const { state, trpc } = await connect();
    const got: number[] = [];
    const reading = (async () => {
      for await (const number of await trpc.numbers.query({ id: "n" })) got.push(number);
    })();
    const ended = reading.catch((error: unknown) => error);
    await expect.poll(() => got.length).toBeGreaterThan(1);
    state.ended.set("t1", "token_expired");
    expect(await ended).toMatchObject({ data: { reason: "token_expired" } });
    // Nothing was sent a second time: a generator has no place to go on from.
    expect(state.requests).toHaveLength(1);
    const again = await trpc.numbers.query({ id: "n" });
    for await (const number of again) {
      expect(number).toBe(1);
      break;
    }
    expect(state.requests.at(-1)?.authorization).toBe("Bearer t2");
  });

  it("that is a generator stops when its person leaves", async () => {
    const { auth, trpc } = await connect();
    const got: number[] = [];
    const reading = (async () => {
      for await (const number of await trpc.numbers.query({ id: "n" })) got.push(number);
    })();
    const ended = reading.catch((error: unknown) => error);
    await expect.poll(() => got.length).toBeGreaterThan(1);
    auth.enter("bob", "b1");
    const before = got.length;
    expect(await ended).toBeInstanceOf(Error);
    expect(got).toHaveLength(before);
  });

  it("arrives for nobody, also after somebody was here in between", async () => {
    const { auth, trpc } = await connect({ token: null });
    expect((await trpc.read.query({ id: "x" })).token).toBeNull();
    auth.enter("bob", "b1");
    auth.leave();
    const later = await trpc.later.query({ id: "y" });
    expect(await later.more).toBe("more of y");
  });

  it("that was promised for later does not arrive after its person has left", async () => {
    const { server, auth, trpc } = await connect();
    const first = await trpc.later.query({ id: "x" });
    expect(await first.more).toBe("more of x");

    const release = server.holdLater();
    const second = await trpc.later.query({ id: "y" });
    expect(second.id).toBe("y");
    auth.enter("bob", "b1");
    release();
    expect(await second.more.catch(() => "nothing")).toBe("nothing");
  });
});
