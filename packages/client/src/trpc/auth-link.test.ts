import { createTRPCClient, TRPCClientError } from "@trpc/client";
import { initTRPC, TRPCError } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { describe, expect, it } from "vitest";
import { ada, baseUrl, flush, setUp, tokenFor } from "../../test/harness.ts";
import { authLink } from "./index.ts";

const t = initTRPC.context<{ authorization: string | null }>().create();
const router = t.router({
  who: t.procedure.query(({ ctx }) => ctx.authorization),
  alsoWho: t.procedure.query(({ ctx }) => ctx.authorization),
  write: t.procedure.mutation(({ ctx }) => ctx.authorization),
  broken: t.procedure.query(() => {
    throw new TRPCError({ code: "BAD_REQUEST" });
  }),
});

/** A tRPC server as `fetch`; it records the requests that reached it. */
function network() {
  const requests: { url: string; authorization: string | null; init: RequestInit }[] = [];
  let held: Promise<void> | undefined;
  const fetch: typeof globalThis.fetch = async (input, init = {}) => {
    const request = new Request(String(input), init as RequestInit);
    const authorization = request.headers.get("authorization");
    requests.push({ url: request.url, authorization, init });
    await held;
    return fetchRequestHandler({
      endpoint: "/api/trpc",
      req: request,
      router,
      createContext: () => ({ authorization }),
    });
  };
  return {
    fetch,
    requests,
    hold() {
      let release = () => {};
      held = new Promise((resolve) => {
        release = resolve;
      });
      return () => release();
    },
  };
}

function connect(options: Parameters<typeof setUp>[0] = {}) {
  const { client, server, ...rest } = setUp(options);
  const net = network();
  const trpc = createTRPCClient<typeof router>({ links: [authLink({ client, fetch: net.fetch })] });
  return { client, server, net, trpc, ...rest };
}

const good = { username: "ada", password: "correct horse battery staple" };

describe("authLink (WEB-17)", () => {
  it("waits until it is known who is here, then says so for each operation of a batch", async () => {
    const { trpc, net } = connect({ kept: tokenFor(ada) });
    const bearer = `Bearer ${tokenFor(ada)}`;
    expect(await Promise.all([trpc.who.query(), trpc.alsoWho.query()])).toEqual([bearer, bearer]);
    expect(net.requests).toHaveLength(1);
  });

  it("sends nothing before that", async () => {
    const { trpc, net, server, clock } = connect({ kept: tokenFor(ada) });
    server.respond(() => new Promise<Response>(() => {}));
    const asked = trpc.who.query();
    await clock.advance(5_000);
    expect(net.requests).toHaveLength(0);
    // Unreachable is an answer too: the token is kept, so it is used.
    await clock.advance(5_000);
    expect(await asked).toBe(`Bearer ${tokenFor(ada)}`);
  });

  it("sends no header when nobody is signed in", async () => {
    const { trpc } = connect();
    expect(await trpc.who.query()).toBeNull();
  });

  it("uses the new token from the first operation after a sign-in", async () => {
    const { trpc, client } = connect();
    await trpc.who.query();
    await client.signIn(good);
    expect(await trpc.who.query()).toBe(`Bearer ${tokenFor(ada)}`);
  });

  it("never puts operations of two people into one batch", async () => {
    const { trpc, client, net } = connect({ kept: tokenFor(ada) });
    client.start();
    await flush();
    const former = trpc.write.mutate().catch((error: unknown) => error);
    await Promise.resolve();
    const entering = client.signIn({ ...good, username: "bob" });
    await entering;
    const latter = await trpc.write.mutate();
    await former;
    expect(latter).toBe(`Bearer ${tokenFor({ subject: "sub-bob", username: "bob", sessionId: "sid-bob" })}`);
    for (const { url } of net.requests) expect(url).not.toContain("write,write");
  });

  it("drops the answer for somebody who has signed out since", async () => {
    const { trpc, client, net } = connect({ kept: tokenFor(ada) });
    client.start();
    await flush();
    const release = net.hold();
    const asked = trpc.who.query().catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(net.requests).toHaveLength(1);
    await client.signOut();
    release();
    const error = await asked;
    expect(error).toBeInstanceOf(TRPCClientError);
    expect((error as TRPCClientError<typeof router>).cause).toMatchObject({ reason: "superseded" });
  });

  it("follows no redirect and sends no cookie", async () => {
    const { trpc, net } = connect({ kept: tokenFor(ada) });
    await trpc.who.query();
    expect(net.requests[0]?.init).toMatchObject({ redirect: "error", credentials: "omit" });
  });

  it("is not built for an origin that must not be given the token", () => {
    const { client } = setUp();
    for (const url of [
      "https://evil.example/api/trpc",
      `${baseUrl}.evil.example/api/trpc`,
      "http://app.example/api/trpc",
    ]) {
      expect(() => authLink({ client, url })).toThrow(/bearerOrigins/);
    }
  });

  it("stops with the operation that is no longer wanted", async () => {
    const { trpc, net, server, clock } = connect({ kept: tokenFor(ada) });
    server.respond(() => new Promise<Response>(() => {}));
    const abort = new AbortController();
    const asked = trpc.who.query(undefined, { signal: abort.signal }).catch(() => "stopped");
    abort.abort();
    await clock.advance(11_000);
    expect(await Promise.race([asked, flush().then(() => "waiting")])).toBe("stopped");
    expect(net.requests).toHaveLength(0);
  });
});
