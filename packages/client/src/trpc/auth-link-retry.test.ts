import { createTRPCClient, httpBatchLink, httpBatchStreamLink, httpLink, type TRPCLink } from "@trpc/client";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { createFakeAuthClient, type FakeAuthClientOptions } from "../../test/fake-auth-client.ts";
import { startTRPCServer, type TestRouter } from "../../test/trpc-server.ts";
import { authLink, type SendingLinkOptions } from "./index.ts";

type Send = (own: SendingLinkOptions) => TRPCLink<TestRouter>;
const sending: Record<"batched" | "streamed" | "single", Send> = {
  batched: (own) => httpBatchLink(own),
  streamed: (own) => httpBatchStreamLink(own),
  single: (own) => httpLink(own),
};

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

async function connect(options: Partial<FakeAuthClientOptions> & { send?: Send } = {}) {
  const server = await startTRPCServer();
  cleanUps.push(() => server.close());
  const { send = sending.batched, ...rest } = options;
  let made = 1;
  const auth = createFakeAuthClient({
    baseUrl: server.baseUrl,
    token: "t1",
    refresh: () => `t${(made += 1)}`,
    ...rest,
  });
  const trpc = createTRPCClient<TestRouter>({ links: [authLink({ client: auth.client, link: send })] });
  return { server, state: server.state, auth, trpc };
}

/** What became of each: its value, or the error's data and cause. */
async function outcomes(asked: Promise<unknown>[]) {
  return (await Promise.allSettled(asked)).map((one) =>
    one.status === "fulfilled" ? one.value : { data: one.reason.data, cause: one.reason.cause },
  );
}

const range = (count: number) => Array.from({ length: count }, (_, index) => `op${index}`);

describe.each(["batched", "streamed"] as const)("ten operations in one %s request", (kind) => {
  it("sends only the one that was refused again, and leaves nine results as they are", async () => {
    const { trpc, state, auth } = await connect({ send: sending[kind] });
    state.refuses = (token, id) => (token === "t1" && id === "op3" ? "token_expired" : undefined);
    const results = await outcomes(range(10).map((id) => trpc.write.mutate({ id })));
    expect(results).toEqual(range(10).map((id) => ({ id, token: id === "op3" ? "t2" : "t1" })));
    expect(state.requests.map(({ paths }) => paths.length)).toEqual([10, 1]);
    expect([...state.ran.values()]).toEqual(range(10).map(() => 1));
    expect(auth.refreshes()).toBe(1);
  });

  it("refreshes once and sends one more batch when all were refused", async () => {
    const { trpc, state, auth } = await connect({ send: sending[kind] });
    state.refuses = (token) => (token === "t1" ? "token_revoked" : undefined);
    const results = await outcomes(range(10).map((id) => trpc.read.query({ id })));
    expect(results).toEqual(range(10).map((id) => ({ id, token: "t2" })));
    expect(state.requests.map(({ paths }) => paths.length)).toEqual([10, 10]);
    expect(auth.refreshes()).toBe(1);
  });
});

describe.each(["batched", "streamed", "single"] as const)("an operation sent %s", (kind) => {
  it("is sent again once; refused again, the caller gets the reason", async () => {
    const { trpc, state, auth } = await connect({ send: sending[kind] });
    state.refuses = () => "token_revoked";
    const [query, mutation] = await outcomes([trpc.read.query({ id: "a" }), trpc.write.mutate({ id: "b" })]);
    expect([query, mutation]).toMatchObject([
      { data: { reason: "token_revoked" } },
      { data: { reason: "token_revoked" } },
    ]);
    expect(state.requests.map(({ paths }) => paths)).toHaveLength(4);
    expect(state.ran.size).toBe(0);
    expect(auth.refreshes()).toBe(1);
  });

  it("never is when a resolver passed the refusal on, and nothing is refreshed", async () => {
    const { trpc, state, auth } = await connect({ send: sending[kind] });
    const [error] = await outcomes([trpc.passOn.mutate({ id: "a" })]);
    expect(error).toMatchObject({ data: { reason: "token_expired", httpStatus: 401 } });
    expect(state.ran.get("a")).toBe(1);
    expect(state.requests).toHaveLength(1);
    expect(auth.refreshes()).toBe(0);
  });

  it("keeps its reason when there is no other token to be had", async () => {
    const { trpc, state, auth } = await connect({ send: sending[kind], refresh: () => "unreachable" });
    state.refuses = () => "token_expired";
    const [error] = await outcomes([trpc.write.mutate({ id: "a" })]);
    expect(error).toMatchObject({ data: { reason: "token_expired" } });
    expect(state.requests).toHaveLength(1);
    expect(auth.refreshes()).toBe(1);
  });

  it("keeps its reason when the refresh finds the session ended", async () => {
    const { trpc, state } = await connect({ send: sending[kind], refresh: () => null });
    state.refuses = () => "token_revoked";
    const [error] = await outcomes([trpc.write.mutate({ id: "a" })]);
    expect(error).toMatchObject({ data: { reason: "token_revoked" } });
    expect(state.requests).toHaveLength(1);
  });

  it("without a token is not sent again", async () => {
    const { trpc, state, auth } = await connect({ send: sending[kind], token: null });
    state.refuses = () => "token_missing";
    const [error] = await outcomes([trpc.read.query({ id: "a" })]);
    expect(error).toMatchObject({ data: { reason: "token_missing" } });
    expect(state.requests).toHaveLength(1);
    expect(auth.refreshes()).toBe(0);
  });

  it("goes again at once when another tab has renewed the token meanwhile", async () => {
    const { trpc, state, auth } = await connect({ send: sending[kind] });
    state.refuses = (token) => {
      if (token !== "t1") return undefined;
      auth.renewTo("t9");
      return "token_expired";
    };
    const [result] = await outcomes([trpc.write.mutate({ id: "a" })]);
    expect(result).toEqual({ id: "a", token: "t9" });
    expect(auth.refreshes()).toBe(0);
  });
});

describe("waiting", () => {
  it("holds operations back while a refresh is in flight, and sends them under the new token", async () => {
    let give: (token: string) => void = () => {};
    const { trpc, state, auth } = await connect({ refresh: () => new Promise<string>((resolve) => (give = resolve)) });
    const renewing = auth.client.renew("t1");
    const asked = trpc.read.query({ id: "a" });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(state.requests).toHaveLength(0);
    give("t2");
    expect(await asked).toEqual({ id: "a", token: "t2" });
    expect(await renewing).toBe(true);
  });

  it("ends when the operation is aborted while the token is renewed, and sends nothing after that", async () => {
    let give: (token: string) => void = () => {};
    const { trpc, state, auth } = await connect({ refresh: () => new Promise<string>((resolve) => (give = resolve)) });
    state.refuses = (token) => (token === "t1" ? "token_expired" : undefined);
    const abort = new AbortController();
    const asked = outcomes([trpc.write.mutate({ id: "a" }, { signal: abort.signal })]);
    await expect.poll(auth.refreshes).toBe(1);
    abort.abort();
    expect(await asked).toMatchObject([{ cause: { name: "AbortError" } }]);
    give("t2");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(state.requests).toHaveLength(1);
    expect(state.ran.size).toBe(0);
  });

  it("does not begin for an operation that is aborted already", async () => {
    const { trpc, auth } = await connect({ refresh: () => new Promise<string>(() => {}) });
    void auth.client.renew("t1");
    const asked = outcomes([trpc.read.query({ id: "a" }, { signal: AbortSignal.abort() })]);
    expect(await asked).toMatchObject([{ cause: { name: "AbortError" } }]);
  });

  it("ends when the operation is aborted before it is sent, or while it is answered", async () => {
    const { trpc, server, state } = await connect();
    const before = outcomes([trpc.read.query({ id: "a" }, { signal: AbortSignal.abort() })]);
    expect(await before).toMatchObject([{ cause: { name: "AbortError" } }]);
    expect(state.requests).toHaveLength(0);
    const release = server.hold();
    const abort = new AbortController();
    const during = outcomes([trpc.read.query({ id: "b" }, { signal: abort.signal })]);
    await expect.poll(() => state.requests.length).toBe(1);
    abort.abort();
    expect(await during).toMatchObject([{ cause: { name: "AbortError" } }]);
    release();
  });

  it("leaves no listener behind for operations that have ended", async () => {
    const { trpc, state, auth } = await connect();
    state.refuses = (token, id) => (token === "t1" && id > "op5" ? "token_expired" : undefined);
    await outcomes(range(10).map((id) => trpc.read.query({ id })));
    await outcomes(range(10).map((id) => trpc.read.query({ id })));
    // One of the link itself, which goes with the identity.
    expect(auth.listeners()).toBe(1);
    auth.leave();
    expect(auth.listeners()).toBe(0);
  });
});

it("gives each operation one outcome, runs the resolver of each that succeeds once, and never that of a refused one", async () => {
  const operation = fc.record({
    mutation: fc.boolean(),
    refusals: fc.constantFrom(0, 0, 1, 2),
    passesOn: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(operation, { minLength: 1, maxLength: 12 }),
      fc.constantFrom("batched", "streamed", "single"),
      async (operations, kind) => {
        const { server, state, auth, trpc } = await connect({ send: sending[kind as keyof typeof sending] });
        const left = new Map<string, number>(operations.map(({ refusals }, index) => [`op${index}`, refusals]));
        state.refuses = (_, id) => {
          const refusals = left.get(id) ?? 0;
          left.set(id, refusals - 1);
          return refusals > 0 ? "token_expired" : undefined;
        };
        const results = await outcomes(
          operations.map(({ mutation, passesOn }, index) => {
            const input = { id: `op${index}` };
            if (passesOn) return trpc.passOn.mutate(input);
            return mutation ? trpc.write.mutate(input) : trpc.read.query(input);
          }),
        );
        for (const [index, { refusals, passesOn }] of operations.entries()) {
          const id = `op${index}`;
          const succeeds = refusals < 2 && !passesOn;
          expect(results[index]).toMatchObject(succeeds ? { id } : { data: { reason: "token_expired" } });
          expect(state.ran.get(id) ?? 0).toBe(refusals < 2 ? 1 : 0);
        }
        const resent = operations.filter(({ refusals }) => refusals > 0).length;
        const sent = state.requests.reduce((sum, { paths }) => sum + paths.length, 0);
        expect(sent).toBe(operations.length + resent);
        expect(auth.refreshes()).toBe(resent > 0 ? 1 : 0);
        await server.close();
      },
    ),
    { numRuns: 60 },
  );
});
