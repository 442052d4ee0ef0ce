// Through tRPC's own client: calls, batches, streams and aborts reach the procedures and come back whole.
import { createTRPCClient, httpBatchLink, httpBatchStreamLink, httpLink, TRPCClientError } from "@trpc/client";
import { initTRPC, TRPCError } from "@trpc/server";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { serve } from "./serve.ts";

const t = initTRPC.context<{ token?: string | undefined }>().create({ isDev: false });
const who = z.object({ who: z.string().nullish() }).optional();
const router = t.router({
  hello: t.procedure.input(who).query(({ input }) => ({ text: `hello ${input?.who ?? "world"}` })),
  greet: t.procedure.input(z.string()).mutation(({ input }) => `hello ${input}`),
  token: t.procedure.query(({ ctx }) => ctx.token ?? null),
  place: t.procedure.input(z.string()).query(({ input, batchIndex }) => `${input} ${batchIndex}`),
  fails: t.procedure.query(() => {
    throw new TRPCError({ code: "INTERNAL_SERVER_ERROR", message: "Unexpected error" });
  }),
  numbers: t.procedure.query(async function* () {
    yield 1;
    yield 2;
  }),
  forever: t.procedure.query(() => new Promise<never>(() => undefined)),
});
type AppRouter = typeof router;

const client = (url: string, link: typeof httpLink | typeof httpBatchLink | typeof httpBatchStreamLink) =>
  createTRPCClient<AppRouter>({ links: [link<AppRouter>({ url })] });

const links = [
  ["httpLink", httpLink],
  ["httpBatchLink", httpBatchLink],
  ["httpBatchStreamLink", httpBatchStreamLink],
] as const;

describe.each(links)("over %s", (_title, link) => {
  it("answers a query with and without input", async () => {
    await using server = await serve({ router });
    expect(await client(server.url, link).hello.query({ who: "test" })).toEqual({ text: "hello test" });
    expect(await client(server.url, link).hello.query()).toEqual({ text: "hello world" });
  });

  it("answers mutations called together, each with its own input", async () => {
    await using server = await serve({ router });
    const { greet } = client(server.url, link);
    expect(await Promise.all([greet.mutate("one"), greet.mutate("two")])).toEqual(["hello one", "hello two"]);
  });

  it("brings a procedure's error to its caller alone", async () => {
    await using server = await serve({ router });
    const { hello, fails } = client(server.url, link);
    const [fine, failed] = await Promise.allSettled([hello.query(), fails.query()]);
    expect(fine).toMatchObject({ status: "fulfilled" });
    expect(failed).toMatchObject({
      status: "rejected",
      reason: { message: "Unexpected error", data: { path: "fails" } },
    });
    expect(failed).not.toHaveProperty("reason.data.stack");
  });

  it("tells each call its place", async () => {
    await using server = await serve({ router });
    const { place } = client(server.url, link);
    const answers = await Promise.all([place.query("a"), place.query("b")]);
    expect(answers).toEqual(link === httpLink ? ["a 0", "b 0"] : ["a 0", "b 1"]);
    expect(server.requests()).toBe(link === httpLink ? 2 : 1);
  });

  it("lets go of a call that its caller aborts", async () => {
    await using server = await serve({ router });
    const controller = new AbortController();
    const call = client(server.url, link).forever.query(undefined, { signal: controller.signal });
    controller.abort();
    await expect(call).rejects.toThrow(/abort/i);
  });
});

it("shows headers to createContext", async () => {
  await using server = await serve({
    router,
    createContext: ({ req }) => ({ token: req.headers["x-token"]?.toString() }),
  });
  const link = httpBatchLink<AppRouter>({ url: server.url, headers: async () => ({ "x-token": "from headers" }) });
  expect(await createTRPCClient<AppRouter>({ links: [link] }).token.query()).toBe("from headers");
});

it("streams what a generator yields, where the client asks for a stream", async () => {
  await using server = await serve({ router });
  const seen: number[] = [];
  for await (const number of await client(server.url, httpBatchStreamLink).numbers.query()) seen.push(number);
  expect(seen).toEqual([1, 2]);
});

it("refuses a generator's result where nobody asked for a stream", async () => {
  await using server = await serve({ router });
  const refused = client(server.url, httpLink).numbers.query();
  await expect(refused).rejects.toMatchObject({ data: { code: "UNSUPPORTED_MEDIA_TYPE", httpStatus: 415 } });
});

describe("the bounds of a batch", () => {
  it("lets through as many calls as are allowed, and refuses all of a batch with one more", async () => {
    await using server = await serve({ router, maxBatchSize: 10 });
    const { hello } = client(server.url, httpBatchLink);
    const calls = (count: number) =>
      Promise.allSettled(Array.from({ length: count }, () => hello.query({ who: "test" })));
    expect((await calls(10)).map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => "fulfilled"));
    for (const result of await calls(11)) {
      expect(result).toMatchObject({
        reason: { message: "Batch call exceeds maximum size", data: { code: "BAD_REQUEST" } },
      });
    }
  });

  it("refuses any batch where batches are off", async () => {
    await using server = await serve({ router, allowBatching: false });
    const refused = client(server.url, httpBatchLink).hello.query();
    await expect(refused).rejects.toThrow("Batching is not enabled on the server");
    await expect(refused).rejects.toBeInstanceOf(TRPCClientError);
    expect(await client(server.url, httpLink).hello.query()).toEqual({ text: "hello world" });
  });
});

describe("queries sent by POST", () => {
  const overridden = (url: string) =>
    createTRPCClient<AppRouter>({ links: [httpBatchLink({ url, methodOverride: "POST" })] });

  it("are answered where that is allowed, alone and in batches", async () => {
    await using server = await serve({ router, allowMethodOverride: true });
    const { hello } = overridden(server.url);
    expect(await Promise.all([hello.query({ who: "a" }), hello.query()])).toEqual([
      { text: "hello a" },
      { text: "hello world" },
    ]);
  });

  it("are refused where it is not", async () => {
    await using server = await serve({ router });
    await expect(overridden(server.url).hello.query()).rejects.toThrow(
      'Unsupported POST-request to query procedure at path "hello"',
    );
  });

  it("do not let a mutation through by GET", async () => {
    await using server = await serve({ router, allowMethodOverride: true });
    const answer = await fetch(`${server.url}/greet?input=%22x%22`);
    expect(answer.status).toBe(405);
  });
});
